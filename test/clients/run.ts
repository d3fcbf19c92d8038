/**
 * Drives the example server by real MCP clients, which npm fetches into a temporary folder, lets two of them log in to a
 * protected server, and prints a table of each. Exits with 1 if one of them fails. `npm run test:clients -- --write` also puts
 * the tables into `docs/mcp.md`.
 */
import { deepEqual } from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { jwtVerify } from 'jose';
import { ROOT } from '../support/built-project.js';
import { lines, replaceBlock } from '../support/table.js';
import { flipBit } from '../support/tamper.js';
import {
  type Arguments,
  CLIENTS,
  type McpClient,
  PACKAGES,
  SDK_2,
  type Server,
  type Session,
  type Tool,
} from './clients.js';
import { LOGIN_HEAD, logInWithAll } from './log-in.js';

/** For each step of a client, in seconds. A program is ended before, by `runToEnd`. */
const DEADLINE = 40;
const SECRET = randomBytes(48).toString('base64url');
const SERVER: Server = {
  command: 'npm',
  args: ['--prefix', ROOT, 'run', '--silent', 'serve'],
  env: { JWT_SECRET: SECRET },
};
const TOOLS = ['create_token', 'verify_token', 'decode_token'];
const BEARER = 'The token begins with "Bearer". Give the token without its scheme.';

function inTime<T>(step: string, work: Promise<T>): Promise<T> {
  const late = sleep(DEADLINE * 1000, undefined, { ref: false }).then(() => {
    throw new Error(`The step "${step}" took longer than ${DEADLINE} s.`);
  });
  return Promise.race([work, late]);
}

async function claimsOf(token: unknown) {
  const expected = { issuer: 'my-service', audience: 'my-api', algorithms: ['HS256'] };
  return (await jwtVerify(String(token), new TextEncoder().encode(SECRET), expected)).payload;
}

/** Calls every tool and judges what the client makes of the answers. Resolves with how it shows an error. */
async function judge(session: Session, called: Set<string>): Promise<string> {
  const ask = async (name: string, args: Arguments) => {
    const answer = await inTime(name, session.call(name, args));
    const text = answer.content?.map((block) => block.text).join('');
    called.add(name);
    return { ...answer, text };
  };
  const resultOf = async (name: string, args: Arguments): Promise<Arguments> => {
    const { isError = false, text, structuredContent } = await ask(name, args);
    if (isError) throw new Error(`${name} gave an error: ${text}`);
    // Some clients pass on only one of the two. Where there are both, they must agree.
    const said: Arguments | undefined = text === undefined ? structuredContent : JSON.parse(text);
    if (!said) throw new Error(`${name} gave no result.`);
    deepEqual(structuredContent ?? said, said);
    return said;
  };

  const wanted = { subject: 'user-1', claims: { scope: 'read', limits: { daily: 10 } }, expires_in: '10m' };
  const { token, ...times } = await resultOf('create_token', wanted);
  const payload = await claimsOf(token);
  const { iat = 0, exp = 0 } = payload;
  const ours = { iss: 'my-service', aud: 'my-api', sub: 'user-1', iat, exp: iat + 600 };
  deepEqual(payload, { ...ours, ...wanted.claims });
  const expires = new Date(exp * 1000).toISOString().replace('.000Z', 'Z');
  deepEqual(times, { expires_at: exp, expires, expires_in_seconds: 600 });

  const { expires_in_seconds: left, ...accepted } = await resultOf('verify_token', { token });
  deepEqual(accepted, { valid: true, expired: false, expires, payload });
  // A slow client may need minutes for one call.
  if (!(Number(left) > 0 && Number(left) <= 600)) throw new Error(`The token is valid for ${left} s.`);
  deepEqual(await resultOf('decode_token', { token }), { verified: false, payload });

  const { message, ...verdict } = await resultOf('verify_token', { token: flipBit(String(token)) });
  deepEqual(verdict, { valid: false, expired: false, payload: {}, reason: 'signature' });
  if (typeof message !== 'string') throw new Error('The verdict on a tampered token has no message.');

  const { isError, text, shownAs = '`isError`' } = await ask('decode_token', { token: `Bearer ${token}` });
  // A client may put words of its own before the sentence.
  if (!isError || !text?.endsWith(BEARER)) throw new Error(`decode_token gave no error: ${text}`);
  return shownAs;
}

/** What the server tells about its tools. */
async function toldTools(folder: string): Promise<Tool[]> {
  const session = await inTime('connect', SDK_2.open(SERVER, folder));
  return inTime('list', session.list()).finally(() => session.close?.());
}

/** The row of a client, and what was wrong. */
async function drive(client: McpClient, told: readonly Tool[], folder: string) {
  const called = new Set<string>();
  let listed: readonly Tool[] = [];
  let session: Session | undefined;
  let shownAs = 'not seen';
  let wrong: unknown;
  try {
    session = await inTime('connect', client.open(SERVER, folder));
    listed = await inTime('list', session.list());
    deepEqual(
      listed.map(({ name }) => name),
      TOOLS,
    );
    // Nothing that guides a model is lost on the way: descriptions, and what the input schemas say of each field.
    deepEqual(listed, told);
    shownAs = await judge(session, called);
  } catch (error) {
    wrong = error;
  }
  await inTime('close', Promise.resolve(session?.close?.())).catch((error: unknown) => {
    wrong ??= error;
  });
  const counts = [listed.length, called.size].map((count) => `${count} of ${TOOLS.length}`);
  const notes = wrong === undefined ? (client.note ?? '') : 'FAILED';
  const cells = [client.name, `\`${client.package}\``, PACKAGES[client.package], ...counts, shownAs, notes];
  return { cells, wrong: wrong === undefined ? [] : [`${client.name}: ${wrong}`] };
}

async function main(write: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-clients-'));
  const rows: Awaited<ReturnType<typeof drive>>[] = [];
  let logins: Awaited<ReturnType<typeof logInWithAll>>;
  try {
    await writeFile(join(folder, 'package.json'), '{"private":true}');
    const packages = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`);
    const options = ['--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund'];
    const limits = { cwd: folder, timeout: 300_000, killSignal: 'SIGKILL' } as const;
    await promisify(execFile)('npm', ['install', ...options, ...packages], limits);
    const told = await toldTools(folder);
    for (const client of CLIENTS) rows.push(await drive(client, told, folder));
    logins = await logInWithAll(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const head = ['client', 'package', 'version', 'tools listed', 'tools called', 'an error is', 'notes'];
  const cells = rows.map((row) => row.cells);
  const wrong = [...rows, ...logins].flatMap((row) => row.wrong);
  const table = lines(head, cells);
  const loginTable = lines(
    LOGIN_HEAD,
    logins.map((row) => row.cells),
  );
  if (write && wrong.length === 0) {
    replaceBlock('docs/mcp.md', 'clients', () => table);
    replaceBlock('docs/mcp.md', 'logins', () => loginTable);
  }
  const count = rows.length + logins.length;
  const end = wrong.length === 0 ? [] : [...wrong, `${wrong.length} of ${count} flows failed.`];
  process.stdout.write(`${[table, '', loginTable, ...end].join('\n')}\n`);
  return end.length === 0 ? 0 : 1;
}

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } });
// mcporter needs Node 24, and others need 22.
if (Number.parseInt(process.versions.node, 10) < 24) {
  const node = ['--yes', '--package', 'node@24.21.0', '--', 'node', '--import', 'tsx'];
  const command = [...node, fileURLToPath(import.meta.url), ...process.argv.slice(2)];
  process.exitCode = spawnSync('npx', command, { cwd: ROOT, stdio: 'inherit' }).status ?? 1;
} else {
  const code = await main(values.write).catch((error: Error) => {
    process.stderr.write(`The clients could not be driven: ${error.message.trim()}\n`);
    return 1;
  });
  // Not to wait for what a client that failed has left behind. A server of its own ends with its stdin.
  process.exit(code);
}
