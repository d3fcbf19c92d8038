// The built package on Node, Bun, Deno and Cloudflare workerd: each runs the scenario of runtimes/ and reports.
import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build as bundle } from 'esbuild';
import type { VerifyResult } from 'intentkit-auth';
import { jwtVerify } from 'jose';
import { build, type Options } from 'tsup';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import tsupConfig from '../../tsup.config.js';
import { startJwksServer } from '../support/jwks-server.js';
import { generateKeys, mint } from '../support/mint.js';
import { flipBit } from '../support/tamper.js';
import type { Report, Task } from './runtimes/scenario.js';

// Five runtimes to start, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const SECRET = randomBytes(48).toString('base64url');
const ISSUER = 'https://issuer.example.com/';
const AUDIENCE = 'my-api';
/** Part of every URL that gives no keys, so that one can see whether it leaks. */
const MARK = `mark-${randomBytes(8).toString('hex')}`;
const NOW = Math.floor(Date.now() / 1000);
const OWN_CLAIMS = { name: 'Zoë 🦊', roles: ['editor'], limits: { daily: 10 } };
const CLAIMS = { ...OWN_CLAIMS, iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: NOW, exp: NOW + 3600 };
const GOOD = { valid: true, expired: false, payload: CLAIMS };

/** Everything started here is stopped here, also after a failure. */
const cleanups: (() => unknown)[] = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const KEYS = new Map(ALGORITHMS.map((alg) => [alg, generateKeys(alg, alg)]));
const token = (alg: string, changes = {}, kid = alg): string =>
  mint({
    header: { alg, kid },
    payload: { ...CLAIMS, ...changes },
    key: KEYS.get(alg)?.privateKey ?? SECRET,
  });

const refused = (reason: VerifyResult['reason'], payload = {}) => ({
  valid: false,
  expired: reason === 'expired',
  reason,
  message: expect.any(String),
  payload,
});
const PAST = { exp: NOW - 1 };
const ELSEWHERE = { aud: 'another-api' };
const TOKENS: [name: string, token: string, verdict: object][] = [
  ...['HS256', ...ALGORITHMS].map((alg): [string, string, object] => [alg, token(alg), GOOD]),
  ['HS256, tampered', flipBit(token('HS256')), refused('signature')],
  ['HS256, expired', token('HS256', PAST), refused('expired', { ...CLAIMS, ...PAST })],
  ['HS256, for others', token('HS256', ELSEWHERE), refused('audience', { ...CLAIMS, ...ELSEWHERE })],
  ['RS256, tampered', flipBit(token('RS256')), refused('signature')],
  ['RS256, expired', token('RS256', PAST), refused('expired', { ...CLAIMS, ...PAST })],
  ['RS256, by an unknown key', token('RS256', {}, 'unknown'), refused('key')],
  [
    'unsecured',
    mint({ header: { alg: 'none' }, payload: {}, key: SECRET, alg: 'HS256' }),
    refused('algorithm'),
  ],
  ['no token', 'not a token', refused('malformed')],
];

const FAILED = /^the request failed( \([A-Z_]+\))?$/;
const REDIRECTED = /^the endpoint answered (302|with a redirect), not 200$/;
// biome-ignore format: one outage a line
const OUTAGES: [path: string, listener: RequestListener, why: RegExp][] = [
  ['/reset', (_, response) => response.destroy(), FAILED],
  ['/hang', () => {}, /^the endpoint did not answer within 0\.5 s$/],
  ['/error', (_, response) => response.writeHead(503).end('{"keys":[]}'), /^the endpoint answered 503, not 200$/],
  ['/redirect', (_, response) => response.writeHead(302, { location: `/jwks?${MARK}` }).end(), REDIRECTED],
  ['/too-much', (_, response) => response.end(`{"keys":[],"${'.'.repeat(2 ** 20)}":1}`), /^the endpoint answered with more than 1 MiB$/],
  ['/page', (_, response) => response.end('<title>Not a key set</title>'), /^the endpoint did not answer with JSON$/],
];

const answerWithKeys =
  (algorithms: readonly string[]): RequestListener =>
  (_, response) => {
    const keys = algorithms.map((alg) => ({ ...KEYS.get(alg)?.jwk, alg, use: 'sig' }));
    // Not at once, so that simultaneous requests find a fetch in flight.
    setTimeout(() => response.end(JSON.stringify({ keys })), 100);
  };

/** What the identity provider answers, by path. Tests may change it. */
const answers = new Map<string, RequestListener>([['/jwks', answerWithKeys(ALGORITHMS)]]);
for (const [path, listener] of OUTAGES) answers.set(path, listener);
const server = await startJwksServer();
cleanups.push(server.close);
server.handler = (request, response) => {
  const { pathname } = new URL(request.url ?? '', server.url);
  answers.get(pathname)?.(request, response);
};
const { origin } = new URL(server.url);
const gone = await startJwksServer();
await gone.close();

const task: Task = {
  secret: SECRET,
  issuer: ISSUER,
  audience: AUDIENCE,
  claims: OWN_CLAIMS,
  jwksUrl: `${origin}/jwks`,
  // Outlives the test. Once the keys are there, it must not keep the process alive.
  jwks: { timeout: '5m' },
  asymmetricToken: token('RS256'),
  tokens: Object.fromEntries(TOKENS.map(([name, text]) => [name, text])),
  outages: Object.fromEntries([
    ['/gone', `${gone.url}?${MARK}`],
    ...OUTAGES.map(([path]) => [path, `${origin}${path}?${MARK}`]),
  ]),
};

/** A project that has the built package, and the programs of `runtimes/`, compiled, in it. */
let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'intentkit-auth-runtimes-'));
  cleanups.push(() => rm(project, { recursive: true, force: true }));
  const installed = join(project, 'node_modules/intentkit-auth');
  await mkdir(installed, { recursive: true });
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
  await cp(join(ROOT, 'test/e2e/runtimes'), project, { recursive: true });
  await symlink(join(ROOT, 'node_modules/jose'), join(project, 'node_modules/jose'), 'junction');
  const { onSuccess: _, ...config } = tsupConfig as Options;
  await build({ ...config, config: false, outDir: join(installed, 'dist'), dts: false, silent: true });
  // Without the path mappings of the repository, which lead to the sources.
  const common: BuildOptions = {
    bundle: true,
    format: 'esm',
    target: 'es2022',
    outdir: project,
    tsconfigRaw: {},
  };
  await bundle({ ...common, entryPoints: [join(project, 'main.ts')], external: ['intentkit-auth'] });
  await bundle({ ...common, entryPoints: [join(project, 'worker.ts')], conditions: ['workerd', 'worker'] });
}, 60_000);

/** The executable of a package that has one further package for each platform. npm installs the one that fits. */
function executable(name: string, inPlatformPackage: string, inPackage: string): string {
  const manifest = require.resolve(`${name}/package.json`);
  const found = Object.keys(require(manifest).optionalDependencies)
    .map((platform) => join(ROOT, 'node_modules', platform, inPlatformPackage))
    // Where an install script may have moved it.
    .concat(join(dirname(manifest), inPackage))
    .find((path) => existsSync(path));
  if (!found) throw new Error(`The package "${name}" has no executable for this platform.`);
  return found;
}

function memo<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

interface Outcome {
  readonly report: Report;
  readonly stderr?: string;
}

/** Runs the program of `main.ts`, which must end by itself although a fetch of the keys may take minutes. */
function runProgram(path: string, ...options: string[]): Promise<Outcome> {
  const env = { HOME: project, DENO_DIR: join(project, '.deno') };
  const limits = { timeout: 20_000, killSignal: 'SIGKILL' } as const;
  return new Promise((resolve, reject) => {
    execFile(
      path,
      [...options, 'main.js', JSON.stringify(task)],
      { cwd: project, env, ...limits },
      (error, stdout, stderr) => (error ? reject(error) : resolve({ report: JSON.parse(stdout), stderr })),
    );
  });
}

/** Starts workerd with the workers of `workerd.capnp`, each on a port of its own. */
async function startWorkerd(): Promise<ReadonlyMap<string, string>> {
  const imports = `--import-path=${join(ROOT, 'node_modules')}`;
  const child = spawn(
    executable('workerd', 'bin/workerd', 'bin/workerd'),
    ['serve', imports, '--control-fd=3', 'workerd.capnp'],
    { cwd: project, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'close');
  cleanups.push(() => child.kill('SIGKILL') && exited);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const addresses = new Map<string, string>();
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { socket, port } = JSON.parse(line) as { socket: string; port: number };
    addresses.set(socket, `http://127.0.0.1:${port}`);
    if (addresses.size === WORKERS.length) return addresses;
  }
  throw new Error(`workerd ended before it listened: ${stderr}`);
}
const WORKERS = ['plain', 'nodejs'];
const workers = memo(startWorkerd);

async function askWorker<T>(
  worker: string,
  route: string,
  changes = {},
  signal = AbortSignal.timeout(20_000),
) {
  const body = JSON.stringify({ ...task, ...changes });
  const response = await fetch(`${(await workers()).get(worker)}${route}`, { method: 'POST', body, signal });
  if (!response.ok) throw new Error(`The worker answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

const runWorker = async (worker: string): Promise<Outcome> => ({
  report: await askWorker<Report>(worker, '/run'),
});

const DENO = ['run', '--allow-net=127.0.0.1', '--no-prompt', '--no-remote', '--no-lock'];
/** Each runtime runs the scenario once, when the first test asks. */
const RUNTIMES: [runtime: string, outcome: () => Promise<Outcome>][] = [
  ['Node', memo(() => runProgram(process.execPath))],
  ['Bun', memo(() => runProgram(executable('bun', 'bin/bun', 'bin/bun.exe')))],
  [
    'Deno, allowed nothing but the network,',
    memo(() => runProgram(executable('deno', 'deno', 'deno'), ...DENO)),
  ],
  ['workerd', memo(() => runWorker('plain'))],
  ['workerd with the globals of Node', memo(() => runWorker('nodejs'))],
];
const PROGRAMS = RUNTIMES.slice(0, 3);

it.each(RUNTIMES)(
  '%s signs a token that jose verifies, and that it verifies and decodes',
  async (_, outcome) => {
    const { signed, decoded, resigned } = (await outcome()).report;
    const key = new TextEncoder().encode(SECRET);
    const { payload, protectedHeader } = await jwtVerify(signed, key, { issuer: ISSUER, audience: AUDIENCE });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    const { iat = 0 } = payload;
    expect(payload).toEqual({ ...CLAIMS, iat, exp: iat + 300 });
    expect(decoded).toEqual(payload);
    expect(resigned).toEqual({ valid: true, expired: false, payload });
  },
);

it.each(RUNTIMES)(
  '%s gives the right verdict on tokens of every algorithm, good and bad',
  async (_, outcome) => {
    const { verdicts } = (await outcome()).report;
    expect(verdicts).toEqual(Object.fromEntries(TOKENS.map(([name, , verdict]) => [name, verdict])));
  },
);

it.each(RUNTIMES)('%s finds itself healthy', async (_, outcome) => {
  const { ping, status } = (await outcome()).report;
  expect(ping).toBe(true);
  const jwks = { url: task.jwksUrl, state: 'fresh', keyIds: ALGORITHMS };
  expect(status).toMatchObject({ canSign: true, jwks });
  expect(status).not.toHaveProperty('pingFailure');
});

it.each(RUNTIMES)('%s has no verdict in an outage, and says why without the URL', async (_, outcome) => {
  const { outages } = (await outcome()).report;
  const expected = [['/gone', FAILED] as const, ...OUTAGES.map(([path, , why]) => [path, why] as const)].map(
    ([path, why]) => {
      const lastError = expect.stringMatching(why);
      return [path, { code: 'ERR_JWKS_UNAVAILABLE', ping: false, lastError, texts: expect.any(Array) }];
    },
  );
  expect(outages).toEqual(Object.fromEntries(expected));
  for (const { texts, lastError = '' } of Object.values(outages)) {
    expect(texts.join('\n')).toContain(lastError);
    expect(texts.filter((text) => text.includes(MARK))).toEqual([]);
  }
});

it.each(PROGRAMS)(
  '%s warns once on stderr by default, and leaves stdout to the program',
  async (_, outcome) => {
    // The report is all that was on stdout, or it could not have been parsed.
    expect((await outcome()).stderr?.match(/WEAK_SECRET/g)).toEqual(['WEAK_SECRET']);
  },
);

it.each([
  ['plain', ['undefined', 'undefined']],
  ['nodejs', ['object', 'function']],
])(
  'The worker "%s" has a client from the start of its module, and of Node the globals %j',
  async (worker, globals) => {
    expect(await askWorker(worker, '/globals')).toEqual(globals);
    expect(await askWorker(worker, '/at-start-up')).toMatchObject({ valid: true });
  },
);

it.each(WORKERS)(
  'The worker "%s" serves simultaneous requests by one client that has no keys yet',
  async (worker) => {
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => askWorker(worker, '/shared')));
    expect(verdicts).toEqual(Array(5).fill(GOOD));
  },
);

it.each(WORKERS)(
  'The worker "%s" serves on when the request that fetched the keys is given up',
  async (worker) => {
    const path = `/given-up/${worker}`;
    const jwksUrl = `${origin}${path}`;
    const visitor = new AbortController();
    answers.set(path, () => {
      answers.set(path, answerWithKeys(ALGORITHMS));
      visitor.abort();
    });
    const givenUp = askWorker(worker, '/shared', { jwksUrl }, visitor.signal);
    await expect(givenUp).rejects.toMatchObject({ name: 'AbortError' });
    expect(await askWorker(worker, '/shared', { jwksUrl })).toMatchObject({ valid: true });
  },
);

it('A worker lets go of a removed key once the JWKS endpoint answers again', async () => {
  // The clock of a worker cannot be set, so the keys grow old within seconds.
  const changes = { jwksUrl: `${origin}/changing`, jwks: { cacheMaxAge: '1s', cooldown: '1s' } };
  const verify = () => askWorker<VerifyResult>('nodejs', '/shared', changes);
  const wait = { timeout: 20_000, interval: 100 };
  answers.set('/changing', answerWithKeys(['RS256', 'ES256']));
  expect(await verify()).toMatchObject({ valid: true });

  const refuse = vi.fn<RequestListener>((_, response) => response.writeHead(503).end());
  answers.set('/changing', refuse);
  await vi.waitFor(async () => {
    expect(await verify()).toMatchObject({ valid: true });
    expect(refuse).toHaveBeenCalled();
  }, wait);

  answers.set('/changing', answerWithKeys(['ES256']));
  await vi.waitFor(async () => expect(await verify()).toMatchObject({ valid: false, reason: 'key' }), wait);
});
