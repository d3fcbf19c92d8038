/**
 * A demo, which `npm start` runs. It starts `demo-server.ts` as an MCP client would, and calls its tools as an agent would. Then it
 * starts a service that signs with a private key, and one that verifies. It exits with status 1 if a result is not as expected.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type CallToolResult, Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { z } from 'intentkit';
import { createAuthClient } from 'intentkit-auth';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { expect, say, shortened, show, step } from './demo-screen.js';
import { showServices } from './demo-services.js';
import { loginUser } from './login-user.js';

const secret = randomBytes(48).toString('base64url');

const agent = new Client({ name: 'demo-agent', version: '1.0.0' });
const server = new StdioClientTransport({
  command: process.execPath,
  args: ['--import', 'tsx', 'examples/demo-server.ts'],
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env: { JWT_SECRET: secret },
});

function ask(tool: string, args: Record<string, unknown>): Promise<CallToolResult> {
  return agent.callTool({ name: tool, arguments: args });
}

/** Calls a tool that should succeed. The function's own schema parses the result, and gives it its type. */
async function call<Output extends z.ZodObject>(
  fn: { readonly name: string; readonly output: Output },
  args: Record<string, unknown>,
): Promise<z.output<Output>> {
  const answer = await ask(fn.name, args);
  if (answer.isError) throw new Error(`Not as expected: ${fn.name} answered with an error.`);
  return fn.output.parse(answer.structuredContent);
}

async function showAgent(): Promise<void> {
  step('1. An agent uses the tools of an MCP server to create a token, verify it and decode it.');
  const { tools } = await agent.listTools();
  show('tools', tools.map(({ name }) => name).join(', '));
  const { token, expires_in_seconds } = await call(createToken, {
    subject: 'report-job',
    claims: { scope: 'reports:read' },
    expires_in: '10m',
  });
  show('token', `${shortened(token)}, expires in ${expires_in_seconds} seconds`);
  const { valid, payload } = await call(verifyToken, { token });
  expect('verify_token says that it is valid', valid === true && payload.sub === 'report-job');
  const isBound = payload.iss === 'my-service' && payload.aud === 'my-api';
  expect('the server chose the issuer and the audience, not the agent', isBound);
  const decoded = await call(decodeToken, { token });
  expect('decode_token reads the claims, without verifying them', decoded.payload.scope === 'reports:read');
  const login = await call(loginUser, { user_id: 'user-1', role: 'editor' });
  const user = await call(verifyToken, { token: login.token });
  expect(
    'login_user, a custom function, signs for a user',
    user.valid === true && user.payload.role === 'editor',
  );

  step('2. The server refuses bad tokens, and says why.');
  const brief = await call(createToken, { expires_in: '1s' });
  const [header, , signature] = token.split('.');
  const edited = Buffer.from(JSON.stringify({ ...payload, sub: 'admin' })).toString('base64url');
  await expectRefusal(
    'a forged token, which names the administrator',
    'signature',
    [header, edited, signature].join('.'),
  );
  const elsewhere = createAuthClient({ secret, issuer: 'my-service', audience: 'another-api' });
  await expectRefusal('a token for another service', 'audience', await elsewhere.sign({}));
  await sleep(brief.expires_at * 1000 - Date.now() + 50);
  await expectRefusal('an expired token', 'expired', brief.token);
  const forged = await ask('create_token', { claims: { iss: 'https://accounts.example.com' } });
  const isRefused = forged.isError === true && forged.structuredContent === undefined;
  expect('the agent cannot create a token in the name of another issuer', isRefused);
}

/** A token that is refused for another reason would hide a mistake. */
async function expectRefusal(what: string, expected: string, token: string): Promise<void> {
  const { valid, reason } = await call(verifyToken, { token });
  expect(`${what}: ${reason}`, valid === false && reason === expected);
}

try {
  await agent.connect(server);
  await showAgent();
  await showServices();
  say('\nAll as expected.');
} catch (error) {
  say(`\n${error instanceof Error ? error.message : 'The demo failed.'}`);
  process.exitCode = 1;
} finally {
  // Closes the server's stdin, so that the server shuts down.
  await agent.close();
}
