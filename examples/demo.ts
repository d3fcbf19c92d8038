/**
 * A demo: starts `demo-server.ts` as an MCP client would, calls its tools as an agent would, and checks the results. It exits
 * with status 1 if a result is not as expected. Run it with `npm start`.
 */
import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type CallToolResult, Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { z } from 'intentkit';
import { createAuthClient } from 'intentkit-auth';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { loginUser } from './login-user.js';

const secret = randomBytes(48).toString('base64url');

const agent = new Client({ name: 'demo-agent', version: '1.0.0' });
const server = new StdioClientTransport({
  command: process.execPath,
  args: ['--import', 'tsx', 'examples/demo-server.ts'],
  cwd: fileURLToPath(new URL('..', import.meta.url)),
  env: { JWT_SECRET: secret },
});

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function step(title: string): void {
  say(`\n${title}`);
}

/** Prints an expectation, and ends the demo if it is not met. */
function expect(what: string, met: boolean): void {
  say(`  ${met ? 'ok' : 'NOT OK'}  ${what}`);
  if (!met) throw new Error(`Not as expected: ${what}.`);
}

/** A token is a credential, so even a demo prints only its beginning. */
function shortened(token: string): string {
  return `${token.slice(0, 16)}… (${token.length} characters)`;
}

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

async function demo(): Promise<void> {
  step('1. The agent lists the tools.');
  const { tools } = await agent.listTools();
  for (const { name, description } of tools) say(`      ${name.padEnd(13)} ${description}`);
  const names = tools.map(({ name }) => name).join(' ');
  expect('four tools', names === 'create_token verify_token decode_token login_user');

  step('2. The agent logs a user in with the custom function in login-user.ts.');
  const login = await call(loginUser, { user_id: 'user-1', role: 'editor' });
  say(`      token    ${shortened(login.token)}`);
  const user = await call(verifyToken, { token: login.token });
  expect('the token is valid', user.valid === true);
  expect('it is for user-1, an editor', user.payload.sub === 'user-1' && user.payload.role === 'editor');

  step('3. The agent creates a token for a job, verifies it and decodes it.');
  const created = await call(createToken, {
    subject: 'report-job',
    claims: { scope: 'reports:read' },
    expires_in: '10m',
  });
  const { token } = created;
  say(`      token    ${shortened(token)}`);
  say(`      expires  ${created.expires}, in ${created.expires_in_seconds} seconds`);
  const verified = await call(verifyToken, { token });
  say(`      payload  ${JSON.stringify(verified.payload)}`);
  expect('the token is valid', verified.valid === true);
  expect(
    'the server chose the issuer and the audience, not the agent',
    verified.payload.iss === 'my-service' && verified.payload.aud === 'my-api',
  );
  const decoded = await call(decodeToken, { token });
  expect('decode_token reads the same scope, without verifying it', decoded.payload.scope === 'reports:read');

  step('4. Someone edits the payload, so that it names the administrator.');
  const [header, , signature] = token.split('.');
  const edited = Buffer.from(JSON.stringify({ ...verified.payload, sub: 'admin' })).toString('base64url');
  const tampered = await call(verifyToken, { token: [header, edited, signature].join('.') });
  say(`      reason   ${tampered.reason}`);
  expect(
    'the token is refused: its signature is invalid',
    tampered.valid === false && tampered.reason === 'signature',
  );
  expect('its claims are not returned', Object.keys(tampered.payload).length === 0);

  step('5. The agent verifies a token after it has expired.');
  const brief = await call(createToken, { expires_in: '1s' });
  await sleep(brief.expires_at * 1000 - Date.now() + 50);
  const expired = await call(verifyToken, { token: brief.token });
  say(`      reason   ${expired.reason}`);
  expect('the token is refused: it has expired', expired.valid === false && expired.expired === true);

  step('6. The agent verifies a token for another service, signed with the same secret.');
  const elsewhere = createAuthClient({ secret, issuer: 'my-service', audience: 'another-api' });
  const foreign = await call(verifyToken, { token: await elsewhere.sign({}, { subject: 'user-1' }) });
  say(`      reason   ${foreign.reason}`);
  expect(
    'the token is refused: its audience is another service',
    foreign.valid === false && foreign.reason === 'audience',
  );

  step('7. The agent tries to create a token in the name of another issuer.');
  const forged = await ask('create_token', { claims: { iss: 'https://accounts.example.com' } });
  const [content] = forged.content;
  say(`      error    ${content?.type === 'text' ? content.text : ''}`);
  expect(
    'the agent gets an error and no token',
    forged.isError === true && forged.structuredContent === undefined,
  );
}

try {
  await agent.connect(server);
  await demo();
  say('\nAll as expected.');
} catch (error) {
  say(`\n${error instanceof Error ? error.message : 'The demo failed.'}`);
  process.exitCode = 1;
} finally {
  // Closes the server's stdin, so that the server shuts down.
  await agent.close();
}
