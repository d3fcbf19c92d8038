import { execFile, spawn } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build as bundle } from 'esbuild';
import type { VerifyResult } from 'intentkit-auth';
import { exportJWK, type JWK, jwtVerify, SignJWT } from 'jose';
import { build, type Options } from 'tsup';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import tsupConfig from '../../tsup.config.js';
import type { Outage, Report, Task } from './runtimes/scenario.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FIXTURES = join(ROOT, 'test/e2e/runtimes');
const require = createRequire(import.meta.url);

const SECRET = randomBytes(48).toString('base64url');
const ISSUER = 'https://issuer.example.com/';
const AUDIENCE = 'my-api';
/** Part of every URL that gives no keys, so that one can see whether it leaks. */
const URL_MARK = `mark-${randomBytes(8).toString('hex')}`;
const NOW = Math.floor(Date.now() / 1000);
const CLAIMS = { name: 'Zoë 🦊', roles: ['editor'], limits: { daily: 10 } };

/** Everything started here is stopped here, also after a failure. */
const cleanups: Array<() => unknown> = [];
afterAll(async () => {
  for (const cleanup of cleanups.reverse()) await cleanup();
});

/** A key of each kind, with the algorithm of its token. */
const KEYS = {
  RS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  PS256: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ES256: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  ES384: generateKeyPairSync('ec', { namedCurve: 'P-384' }),
  ES512: generateKeyPairSync('ec', { namedCurve: 'P-521' }),
  EdDSA: generateKeyPairSync('ed25519'),
  Ed25519: generateKeyPairSync('ed25519'),
} as const;
type Algorithm = keyof typeof KEYS;
const ALGORITHMS = Object.keys(KEYS) as Algorithm[];

const claims = { ...CLAIMS, iss: ISSUER, aud: AUDIENCE, sub: 'user-1', iat: NOW, exp: NOW + 3600 };

/** A token by jose. */
const mint = (alg: Algorithm | 'HS256', changes: object = {}, kid: string = alg): Promise<string> =>
  new SignJWT({ ...claims, ...changes })
    .setProtectedHeader({ alg, kid })
    .sign(alg === 'HS256' ? new TextEncoder().encode(SECRET) : KEYS[alg].privateKey);

/** The token with one character in the middle of its payload replaced. */
function tampered(token: string): string {
  const at = token.indexOf('.') + 9;
  return `${token.slice(0, at)}${token[at] === 'A' ? 'B' : 'A'}${token.slice(at + 1)}`;
}

/** The executable of a package that has one further package for each platform. npm installs the one that fits. */
function executable(name: string, inPlatformPackage: string, inPackage: string): string {
  const manifest = require.resolve(`${name}/package.json`);
  const found = Object.keys(require(manifest).optionalDependencies)
    .flatMap((platform) => {
      try {
        return [join(dirname(require.resolve(`${platform}/package.json`)), inPlatformPackage)];
      } catch {
        return [];
      }
    })
    // Where an install script may have moved it.
    .concat(join(dirname(manifest), inPackage))
    .find((path) => existsSync(path));
  if (!found) throw new Error(`The package "${name}" has no executable for this platform.`);
  return found;
}

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  cleanups.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** An address on which nobody listens. */
async function deadAddress(): Promise<string> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${port}`;
}

/** What the identity provider answers, by path. Tests may change it. */
const answers = new Map<string, RequestListener>();

const answerWithKeys =
  (algorithms: readonly Algorithm[]): RequestListener =>
  async (_, response) => {
    const keys: JWK[] = await Promise.all(
      algorithms.map(async (alg) => ({
        ...(await exportJWK(KEYS[alg].publicKey)),
        kid: alg,
        alg,
        use: 'sig',
      })),
    );
    // Not at once, so that simultaneous requests find a fetch in flight.
    setTimeout(() => response.end(JSON.stringify({ keys })), 100);
  };

answers
  .set('/jwks', answerWithKeys(ALGORITHMS))
  .set('/redirect', (_, response) => response.writeHead(302, { location: `/jwks?${URL_MARK}` }).end())
  .set('/error', (_, response) => response.writeHead(503).end('{"keys":[]}'))
  .set('/too-much', (_, response) => response.end(`{"keys":[],"padding":"${'.'.repeat(2 ** 20)}"}`))
  .set('/html', (_, response) => response.end('<title>Not a key set</title>'))
  .set('/reset', (_, response) => response.destroy())
  .set('/hang', () => {});

/** A project that has the built package, and the programs of `runtimes/`, compiled, in it. */
async function createProject(): Promise<string> {
  const project = await mkdtemp(join(tmpdir(), 'intentkit-auth-runtimes-'));
  cleanups.push(() => rm(project, { recursive: true, force: true }));
  const installed = join(project, 'node_modules/intentkit-auth');
  await mkdir(installed, { recursive: true });
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  await cp(join(ROOT, 'package.json'), join(installed, 'package.json'));
  await cp(join(FIXTURES, 'workerd.capnp'), join(project, 'workerd.capnp'));
  for (const dependency of ['jose', 'zod']) {
    await symlink(
      join(ROOT, 'node_modules', dependency),
      join(project, 'node_modules', dependency),
      'junction',
    );
  }
  await build({
    ...(tsupConfig as Options),
    config: false,
    outDir: join(installed, 'dist'),
    dts: false,
    silent: true,
  });
  const common = {
    bundle: true,
    format: 'esm',
    target: 'es2022',
    outdir: project,
    // Without the path mappings of the repository, which lead to the sources.
    tsconfigRaw: {},
    logLevel: 'silent',
  } as const;
  await bundle({ ...common, entryPoints: [join(FIXTURES, 'main.ts')], external: ['intentkit-auth'] });
  await bundle({
    ...common,
    entryPoints: [join(FIXTURES, 'worker.ts')],
    alias: { 'intentkit-auth': join(installed, 'dist/index.js') },
    conditions: ['workerd', 'worker'],
  });
  return project;
}

let project: string;
let identityProvider: string;
let task: Task;
/** The workers of `workerd.capnp`, and where each listens. */
const WORKERS = ['plain', 'nodejs'];
let workers: Readonly<Record<string, string>>;

beforeAll(async () => {
  identityProvider = await listen((request, response) => {
    const { pathname } = new URL(request.url ?? '', 'http://127.0.0.1');
    answers.get(pathname)?.(request, response);
  });
  task = await createTask();
  project = await createProject();
}, 30_000);

async function createTask(): Promise<Task> {
  const without = (path: string): string => `${identityProvider}${path}?${URL_MARK}`;
  const [hmac, rsa] = await Promise.all([mint('HS256'), mint('RS256')]);
  return {
    secret: SECRET,
    issuer: ISSUER,
    audience: AUDIENCE,
    claims: CLAIMS,
    jwksUrl: `${identityProvider}/jwks`,
    // Outlives the test. Once the keys are there, it must not keep the process alive.
    jwks: { timeout: '5m' },
    asymmetricToken: rsa,
    tokens: {
      ...Object.fromEntries(await Promise.all(ALGORITHMS.map(async (alg) => [alg, await mint(alg)]))),
      HS256: hmac,
      'HS256, tampered': tampered(hmac),
      'HS256, expired': await mint('HS256', { exp: NOW - 1 }),
      'HS256, for another audience': await mint('HS256', { aud: 'another-api' }),
      'RS256, tampered': tampered(rsa),
      'RS256, expired': await mint('RS256', { exp: NOW - 1 }),
      'RS256, by an unknown key': await mint('RS256', {}, 'unknown'),
      unsecured: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${hmac.split('.')[1]}.AA`,
      'no token': 'not a token',
    },
    outages: {
      refuses: `${await deadAddress()}/${URL_MARK}?${URL_MARK}`,
      'hangs up': without('/reset'),
      'does not answer': without('/hang'),
      'answers with an error': without('/error'),
      'answers with a redirect to a good one': without('/redirect'),
      'answers with too much': without('/too-much'),
      'answers with a page': without('/html'),
    },
  };
}

interface Outcome {
  readonly report: Report;
  readonly stderr: string;
  /** Whether it did not end by itself. */
  readonly killed: boolean;
}

/** Runs the program of `main.ts`. */
async function runProgram(executable: string, ...options: string[]): Promise<Outcome> {
  const [stdout, stderr, killed] = await new Promise<[string, string, boolean]>((resolve, reject) => {
    execFile(
      executable,
      [...options, 'main.js', JSON.stringify(task)],
      {
        cwd: project,
        env: { HOME: project, DENO_DIR: join(project, '.deno') },
        timeout: 8_000,
        killSignal: 'SIGKILL',
      },
      (error, ...output) => (error && !error.killed ? reject(error) : resolve([...output, error !== null])),
    );
  });
  return { report: JSON.parse(stdout), stderr, killed };
}

/** Starts workerd with the workers of `workerd.capnp`, each on a port of its own. */
async function startWorkerd(): Promise<Record<string, string>> {
  const child = spawn(
    executable('workerd', 'bin/workerd', 'bin/workerd'),
    ['serve', `--import-path=${join(ROOT, 'node_modules')}`, '--control-fd=3', 'workerd.capnp'],
    { cwd: project, stdio: ['ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const exited = once(child, 'close');
  cleanups.push(() => child.kill('SIGKILL') && exited);
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const addresses: Record<string, string> = {};
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { socket, port } = JSON.parse(line) as { socket: string; port: number };
    addresses[socket] = `http://127.0.0.1:${port}`;
    if (Object.keys(addresses).length === WORKERS.length) return addresses;
  }
  throw new Error(`workerd ended before it listened: ${stderr}`);
}

async function askWorker<T>(
  worker: string,
  route: string,
  changes: Partial<Task> = {},
  signal = AbortSignal.timeout(8_000),
): Promise<T> {
  const response = await fetch(`${workers[worker]}${route}`, {
    method: 'POST',
    body: JSON.stringify({ ...task, ...changes }),
    signal,
  });
  if (!response.ok) throw new Error(`The worker answered ${response.status}: ${await response.text()}`);
  return (await response.json()) as T;
}

function itWorks(report: () => Report): void {
  it('signs a token that jose verifies', async () => {
    const { payload, protectedHeader } = await jwtVerify(report().signed, new TextEncoder().encode(SECRET), {
      algorithms: ['HS256'],
      issuer: ISSUER,
      audience: AUDIENCE,
    });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(payload).toEqual({
      ...CLAIMS,
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'user-1',
      iat: expect.any(Number),
      exp: (payload.iat ?? Number.NaN) + 300,
    });
  });

  it('decodes and verifies what it signed', () => {
    const { signed, decoded, resigned } = report();
    const payload = JSON.parse(Buffer.from(signed.split('.')[1] ?? '', 'base64url').toString());
    expect(decoded).toEqual(payload);
    expect(resigned).toEqual({ valid: true, expired: false, payload });
  });

  it.each(['HS256', ...ALGORITHMS])('verifies a token with %s of jose', (alg) => {
    expect(report().verdicts[alg]).toEqual({ valid: true, expired: false, payload: claims });
  });

  it.each([
    { token: 'HS256, tampered', reason: 'signature', payload: {} },
    { token: 'HS256, expired', reason: 'expired', payload: { ...claims, exp: NOW - 1 } },
    { token: 'HS256, for another audience', reason: 'audience', payload: { ...claims, aud: 'another-api' } },
    { token: 'RS256, tampered', reason: 'signature', payload: {} },
    { token: 'RS256, expired', reason: 'expired', payload: { ...claims, exp: NOW - 1 } },
    { token: 'RS256, by an unknown key', reason: 'key', payload: {} },
    { token: 'unsecured', reason: 'algorithm', payload: {} },
    { token: 'no token', reason: 'malformed', payload: {} },
  ])('refuses a token ($token)', ({ token, reason, payload }) => {
    expect(report().verdicts[token]).toEqual({
      valid: false,
      expired: reason === 'expired',
      reason,
      message: expect.any(String),
      payload,
    });
  });

  it('finds itself healthy', () => {
    const { ping, status } = report();
    expect(ping).toBe(true);
    expect(status).toMatchObject({
      canSign: true,
      jwks: { url: task.jwksUrl, state: 'fresh', keyIds: ALGORITHMS },
    });
    expect(status).not.toHaveProperty('pingFailure');
  });

  it.each([
    { outage: 'refuses', why: /^the request failed( \([A-Z_]+\))?$/ },
    { outage: 'hangs up', why: /^the request failed( \([A-Z_]+\))?$/ },
    { outage: 'does not answer', why: /^the endpoint did not answer within 0\.5 s$/ },
    { outage: 'answers with an error', why: /^the endpoint answered 503, not 200$/ },
    {
      outage: 'answers with a redirect to a good one',
      why: /^the endpoint answered (302|with a redirect), not 200$/,
    },
    { outage: 'answers with too much', why: /^the endpoint answered with more than 1 MiB$/ },
    { outage: 'answers with a page', why: /^the endpoint did not answer with JSON$/ },
  ])('has no verdict when the JWKS endpoint $outage, and says why without its URL', ({ outage, why }) => {
    const { code, ping, lastError, texts } = report().outages[outage] as Outage;
    expect(code).toBe('ERR_JWKS_UNAVAILABLE');
    expect(ping).toBe(false);
    expect(lastError).toMatch(why);
    expect(texts.filter((text) => text.includes(lastError ?? ''))).not.toEqual([]);
    expect(texts.filter((text) => text.includes(URL_MARK))).toEqual([]);
  });
}

describe.each([
  { runtime: 'Node', command: () => [process.execPath] },
  { runtime: 'Bun', command: () => [executable('bun', 'bin/bun', 'bin/bun.exe')] },
  {
    runtime: 'Deno, allowed nothing but the network',
    command: () => [
      executable('deno', 'deno', 'deno'),
      'run',
      '--allow-net=127.0.0.1',
      '--no-prompt',
      '--no-remote',
      '--no-lock',
    ],
  },
])('on $runtime', ({ command }) => {
  let outcome: Outcome;
  beforeAll(async () => {
    const [path = '', ...options] = command();
    outcome = await runProgram(path, ...options);
  }, 30_000);

  itWorks(() => outcome.report);

  it('ends when its work is done, although a fetch of the keys may take minutes', () => {
    expect(outcome.killed).toBe(false);
  });

  it('warns on stderr by default, and leaves stdout to the program', () => {
    // The report is all that was on stdout, or it could not have been parsed.
    expect(outcome.stderr.match(/WEAK_SECRET/g)).toEqual(['WEAK_SECRET']);
  });
});

describe('on Cloudflare workerd', () => {
  beforeAll(async () => {
    workers = await startWorkerd();
  }, 30_000);

  describe.each(WORKERS)('(worker "%s")', (worker) => {
    let report: Report;
    beforeAll(async () => {
      report = await askWorker(worker, '/run');
    }, 30_000);

    itWorks(() => report);

    it(`${worker === 'plain' ? 'lacks' : 'has'} the globals of Node`, async () => {
      const expected = worker === 'plain' ? ['undefined', 'undefined'] : ['object', 'function'];
      expect(await askWorker(worker, '/globals')).toEqual(expected);
    });

    it('works with a client made where the module starts', async () => {
      expect(await askWorker(worker, '/at-start-up')).toMatchObject({ valid: true });
    });

    it('serves simultaneous requests by one client, whose keys each of them may need to fetch', async () => {
      const verdicts = await Promise.all(Array.from({ length: 5 }, () => askWorker(worker, '/shared')));
      expect(verdicts).toEqual(Array(5).fill({ valid: true, expired: false, payload: claims }));
    });

    it('serves the next request when the one that was fetching the keys is given up', async () => {
      const path = `/given-up/${worker}`;
      const visitor = new AbortController();
      answers.set(path, () => {
        answers.set(path, answerWithKeys(ALGORITHMS));
        visitor.abort();
      });
      const jwksUrl = `${identityProvider}${path}`;
      const givenUp = askWorker(worker, '/shared', { jwksUrl }, visitor.signal);
      await expect(givenUp).rejects.toMatchObject({ name: 'AbortError' });
      expect(await askWorker(worker, '/shared', { jwksUrl })).toMatchObject({ valid: true });
    });
  });

  it('lets go of a removed key once the JWKS endpoint answers again', async () => {
    // The clock of a worker cannot be set, so the keys grow old within seconds.
    const changes = { jwksUrl: `${identityProvider}/changing`, jwks: { cacheMaxAge: '1s', cooldown: '1s' } };
    const verify = () => askWorker<VerifyResult>('nodejs', '/shared', changes);
    answers.set('/changing', answerWithKeys(['RS256', 'ES256']));
    expect(await verify()).toMatchObject({ valid: true });

    const refuse = vi.fn<RequestListener>((_, response) => response.writeHead(503).end());
    answers.set('/changing', refuse);
    await vi.waitFor(
      async () => {
        expect(await verify()).toMatchObject({ valid: true });
        expect(refuse).toHaveBeenCalled();
      },
      { timeout: 5_000, interval: 100 },
    );

    answers.set('/changing', answerWithKeys(['ES256']));
    await vi.waitFor(async () => expect(await verify()).toMatchObject({ valid: false, reason: 'key' }), {
      timeout: 5_000,
      interval: 100,
    });
  });
});
