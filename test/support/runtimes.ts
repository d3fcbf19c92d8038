// The built package in a project of its own, the programs that use it there, and the runtimes to run them on.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { type BuildOptions, build as bundle } from 'esbuild';
import type { SigningKeyOptions, VerifyResult } from 'intentkit-auth';
import type { Report, Task } from '../e2e/runtimes/scenario.js';
import { type Corpus, makeCorpus } from '../runtimes/corpus.js';
import type { Differences } from '../runtimes/differential.js';
import { addHost, createBuiltProject, executable, ROOT } from './built-project.js';
import { startJwksServer } from './jwks-server.js';
import { generateKeys, mint } from './mint.js';
import { plainPadded, withZeros } from './spellings.js';
import { flipBit } from './tamper.js';
import { startWorkerd } from './worker.js';

export const SECRET = randomBytes(48).toString('base64url');
export const ISSUER = 'https://issuer.example.com/';
export const AUDIENCE = 'my-api';
/** Part of every URL that gives no keys, so that one can see whether it leaks. */
export const MARK = `mark-${randomBytes(8).toString('hex')}`;
const NOW = Math.floor(Date.now() / 1000);
const OWN_CLAIMS = { name: 'Zoë 🦊', roles: ['editor'], limits: { daily: 10 } };
export const CLAIMS = {
  ...OWN_CLAIMS,
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-1',
  iat: NOW,
  exp: NOW + 3600,
};
/** A verdict without its message. */
export type Verdict = Omit<VerifyResult, 'message'>;
export const GOOD: Verdict = { valid: true, expired: false, payload: CLAIMS };

export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'];
const KEYS = new Map(ALGORITHMS.map((alg) => [alg, generateKeys(alg, alg)]));
/** Keys in spellings that runtimes do not import alike: other base64, zeros, padding and members without a value. */
const SPELLED = new Map(
  Object.entries({ RS256: ['n', 'e'], ES256: ['x', 'y'], EdDSA: ['x'] }).map(([alg, names]) => {
    const { jwk = {} } = KEYS.get(alg) ?? {};
    const zeros = alg === 'EdDSA' ? 0 : 1;
    const spelled = names.map((name) => [name, plainPadded(withZeros(jwk[name], zeros))]);
    const kid = `${alg}, spelled otherwise`;
    return [kid, { ...jwk, ...Object.fromEntries(spelled), kid, d: null, alg: null, key_ops: [] }];
  }),
);
/** The ids of all keys that `/jwks` has. */
export const KEY_IDS = [...ALGORITHMS, ...SPELLED.keys()];
const token = (alg: string, changes = {}, kid = alg): string =>
  mint({
    header: { alg, kid },
    payload: { ...CLAIMS, ...changes },
    key: KEYS.get(alg)?.privateKey ?? SECRET,
  });

const refused = (reason: NonNullable<VerifyResult['reason']>, payload = {}): Verdict => ({
  valid: false,
  expired: reason === 'expired',
  reason,
  payload,
});
const PAST = { exp: NOW - 1 };
const ELSEWHERE = { aud: 'another-api' };
export const TOKENS: [name: string, token: string, verdict: Verdict][] = [
  ...['HS256', ...ALGORITHMS].map((alg): [string, string, Verdict] => [alg, token(alg), GOOD]),
  ...Array.from(SPELLED.keys(), (kid): [string, string, Verdict] => {
    const [alg = ''] = kid.split(',');
    return [`${alg}, by a key that is spelled otherwise`, token(alg, {}, kid), GOOD];
  }),
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

const privatePem = (alg: string, type: 'pkcs1' | 'pkcs8' | 'sec1'): string =>
  String(KEYS.get(alg)?.privateKey.export({ format: 'pem', type: type as 'pkcs8' }));
const privateJwk = (alg: string): Record<string, unknown> =>
  KEYS.get(alg)?.privateKey.export({ format: 'jwk' }) as Record<string, unknown>;
/** Own signing keys that can travel as JSON. */
export const OWN_KEYS: Record<string, SigningKeyOptions> = Object.fromEntries(
  ALGORITHMS.flatMap((algorithm): [string, SigningKeyOptions][] => {
    const older = /^[RP]S/.test(algorithm) ? 'pkcs1' : algorithm.startsWith('ES') ? 'sec1' : undefined;
    return [
      [`${algorithm}, PKCS #8`, { privateKey: privatePem(algorithm, 'pkcs8'), algorithm }],
      ...(older
        ? [[`${algorithm}, ${older}`, { privateKey: privatePem(algorithm, older), algorithm }] as const]
        : []),
      [`${algorithm}, JWK`, { privateKey: privateJwk(algorithm), algorithm }],
    ] as [string, SigningKeyOptions][];
  }),
);
/** The sentence about each own signing key that is refused. */
export const BAD_OWN_KEYS: Record<string, [SigningKeyOptions, sentence: string]> = {
  'of another key': [
    { privateKey: { ...privateJwk('ES256'), ...generateKeys('ES256').jwk } },
    '"signingKeys[0].privateKey" is not one key: its private part is damaged, or belongs to another key than its public part.',
  ],
  'of another Ed25519 key': [
    { privateKey: { ...privateJwk('EdDSA'), ...generateKeys('EdDSA').jwk } },
    '"signingKeys[0].privateKey" is not one key: its private part is damaged, or belongs to another key than its public part.',
  ],
  short: [
    { privateKey: { ...privateJwk('RS256'), n: 'w'.repeat(171) } },
    '"signingKeys[0].privateKey" is an RSA key of less than 2048 bits: use a longer one.',
  ],
  'of another curve': [
    { privateKey: privatePem('ES256', 'pkcs8'), algorithm: 'ES384' },
    '"signingKeys[0].algorithm" does not fit its key: use ES256, or leave it out.',
  ],
};

export const FAILED = /^the request failed( \([A-Z_]+\))?$/;
const REDIRECTED = /^the endpoint answered (302|with a redirect), not 200$/;
// biome-ignore format: one outage a line
export const OUTAGES: [path: string, listener: RequestListener, why: RegExp][] = [
  ['/reset', (_, response) => response.destroy(), FAILED],
  ['/hang', () => {}, /^the endpoint did not answer within 0\.5 s$/],
  ['/error', (_, response) => response.writeHead(503).end('{"keys":[]}'), /^the endpoint answered 503, not 200$/],
  ['/redirect', (_, response) => response.writeHead(302, { location: `/jwks?${MARK}` }).end(), REDIRECTED],
  ['/too-much', (_, response) => response.end(`{"keys":[],"${'.'.repeat(2 ** 20)}":1}`), /^the endpoint answered with more than 1 MiB$/],
  ['/page', (_, response) => response.end('<title>Not a key set</title>'), /^the endpoint did not answer with JSON$/],
];

const answerWith =
  (keys: readonly object[]): RequestListener =>
  (_, response) => {
    // Not at once, so that simultaneous requests find a fetch in flight.
    setTimeout(() => response.end(JSON.stringify({ keys })), 100);
  };
const published = (alg: string): object => ({ ...KEYS.get(alg)?.jwk, alg, use: 'sig' });

export const answerWithKeys = (algorithms: readonly string[]): RequestListener =>
  answerWith(algorithms.map(published));

export interface Outcome {
  readonly report: Report;
  readonly stderr?: string;
}

/** A runtime that runs a file of the project: the path of its executable, and the options before the file. */
export type Runtime = readonly [path: string, ...options: string[]];

const DENO = ['run', '--allow-net=127.0.0.1', '--no-prompt', '--no-remote', '--no-lock'];
export const WORKERS = ['plain', 'nodejs'];

/** The runtimes that npm has installed here. */
export const bun = (): Runtime => [executable('bun', 'bin/bun', 'bin/bun.exe')];
/** Allowed nothing but the network. */
export const deno = (): Runtime => [executable('deno', 'deno'), ...DENO];

export function memo<T>(make: () => T): () => T {
  let made: T | undefined;
  return () => {
    made ??= make();
    return made;
  };
}

/** Starts the identity provider and builds the project. `close` stops and removes all of it. */
export async function openRuntimes() {
  const cleanups: (() => unknown)[] = [];
  const close = async (): Promise<void> => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  };

  /** What the identity provider answers, by path. Tests may change it. */
  const answers = new Map<string, RequestListener>([
    ['/jwks', answerWith([...ALGORITHMS.map(published), ...SPELLED.values()])],
  ]);
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
    ownKeys: {
      ...OWN_KEYS,
      ...Object.fromEntries(Object.entries(BAD_OWN_KEYS).map(([name, [entry]]) => [name, entry])),
    },
    tokens: Object.fromEntries(TOKENS.map(([name, text]) => [name, text])),
    outages: Object.fromEntries([
      ['/gone', `${gone.url}?${MARK}`],
      ...OUTAGES.map(([path]) => [path, `${origin}${path}?${MARK}`]),
    ]),
  };

  let project: string;
  try {
    const built = await createBuiltProject();
    cleanups.push(built.remove);
    project = built.folder;
    await addHost(project);
    await addPrograms(project);
  } catch (error) {
    await close();
    throw error;
  }

  /** Runs a program of the project, which must end by itself although a fetch of the keys may take minutes. */
  function runProgram(
    [path, ...options]: Runtime,
    file: string,
    argument: string,
    input: string,
    timeout: number,
  ) {
    const env = { HOME: project, DENO_DIR: join(project, '.deno') };
    return new Promise<{ stdout: string; stderr: string }>((resolve, reject) => {
      const child = execFile(
        path,
        [...options, file, argument],
        { cwd: project, env, timeout, killSignal: 'SIGKILL' },
        (error, stdout, stderr) => (error ? reject(error) : resolve({ stdout, stderr })),
      );
      // A program that has ended reads no more, and then its exit code tells why.
      child.stdin?.on('error', () => {}).end(input);
    });
  }

  async function runScenario(runtime: Runtime): Promise<Outcome> {
    const { stdout, stderr } = await runProgram(runtime, 'main.js', JSON.stringify(task), '', 20_000);
    return { report: JSON.parse(stdout), stderr };
  }

  /** Has both engines judge `count` tokens of each algorithm, the same ones on every runtime. */
  async function runDifferential(runtime: Runtime, count: number): Promise<Differences> {
    corpora.set(count, corpora.get(count) ?? makeCorpus(count));
    const input = JSON.stringify(corpora.get(count));
    const { stdout } = await runProgram(runtime, 'differential.js', '', input, 30_000 + 500 * count);
    return JSON.parse(stdout);
  }
  const corpora = new Map<number, Corpus>();

  /** Starts workerd with the workers of `workerd.capnp`, each on a port of its own. */
  const workers = memo(async () => {
    const { addresses, stop } = await startWorkerd(project, WORKERS.length);
    cleanups.push(stop);
    return addresses;
  });

  async function askWorker<T>(
    worker: string,
    route: string,
    changes = {},
    signal = AbortSignal.timeout(20_000),
  ) {
    const body = JSON.stringify({ ...task, ...changes });
    const response = await fetch(`${(await workers()).get(worker)}${route}`, {
      method: 'POST',
      body,
      signal,
    });
    if (!response.ok) throw new Error(`The worker answered ${response.status}: ${await response.text()}`);
    return (await response.json()) as T;
  }

  const runWorker = async (worker: string): Promise<Outcome> => ({
    report: await askWorker<Report>(worker, '/run'),
  });

  return { answers, origin, task, close, runScenario, runDifferential, askWorker, runWorker };
}

/** The programs, compiled, beside the built package. */
async function addPrograms(project: string): Promise<void> {
  await cp(join(ROOT, 'test/e2e/runtimes'), project, { recursive: true });
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
  await bundle({ ...common, entryPoints: [join(ROOT, 'test/runtimes/differential.ts')] });
}
