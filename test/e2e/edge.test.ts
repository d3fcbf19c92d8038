// The built package, bundled with jose as an application is, in the sandbox of edge runtimes and in that of jsdom.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { EdgeVM } from '@edge-runtime/vm';
import { build as bundle } from 'esbuild';
import type { createAuthClient, VerifyResult } from 'intentkit-auth';
import { JSDOM } from 'jsdom';
import { expect, it, onTestFinished } from 'vitest';
import { buildPackage } from '../support/built.js';
import { generateKeys, mint } from '../support/mint.js';
import { SECRET } from '../support/secrets.js';
import { flipBit } from '../support/tamper.js';

const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-edge-'));
await buildPackage(folder);
const { outputFiles } = await bundle({
  entryPoints: [join(folder, 'index.js')],
  nodePaths: [fileURLToPath(new URL('../../node_modules', import.meta.url))],
  bundle: true,
  format: 'iife',
  globalName: 'globalThis.auth',
  target: 'es2022',
  write: false,
});
await rm(folder, { recursive: true });
const code = outputFiles[0]?.text ?? '';

interface Task {
  readonly secret: string;
  readonly jwks: object;
  /** Tokens to verify, by name. */
  readonly tokens: Readonly<Record<string, string>>;
}
interface Outcome {
  readonly engine: string;
  readonly ping: boolean;
  readonly signed: VerifyResult;
  readonly verdicts: Readonly<Record<string, boolean>>;
}

/** Goes into the sandbox as text, and so uses nothing from outside it. */
async function scenario(task: Task): Promise<string> {
  const { auth } = globalThis as unknown as { auth: { createAuthClient: typeof createAuthClient } };
  const ours = auth.createAuthClient({ secret: task.secret });
  const signed = await ours.verify(await ours.sign({ name: 'Zoë 🦊' }));
  const remote = auth.createAuthClient({
    jwksUrl: 'https://idp.example/jwks.json',
    jwks: { fetch: async () => new Response(JSON.stringify(task.jwks)) },
  });
  const verdicts: Record<string, boolean> = {};
  for (const [name, token] of Object.entries(task.tokens)) {
    verdicts[name] = (await (name.startsWith('HS') ? ours : remote).verify(token)).valid;
  }
  return JSON.stringify({ engine: ours.status().engine, ping: await ours.ping(), signed, verdicts });
}

const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'];
const pairs = ALGORITHMS.map((alg) => [alg, generateKeys(alg, alg)] as const);
const good = Object.fromEntries([
  ['HS256', mint({ header: { alg: 'HS256' }, payload: {}, key: SECRET })],
  ...pairs.map(([alg, { privateKey }]) => [
    alg,
    mint({ header: { alg, kid: alg }, payload: {}, key: privateKey }),
  ]),
]) as Record<string, string>;

type Evaluate = (source: string) => unknown;

function inEdge(): Evaluate {
  const vm = new EdgeVM();
  return (source) => vm.evaluate(source);
}

/** jsdom has neither `crypto.subtle` nor `Response`, nor what jose needs to encode texts. */
const POLYFILLS = { crypto, Response, TextDecoder, TextEncoder };

function inJsdom(globals: object): Evaluate {
  const { window } = new JSDOM('', { runScripts: 'outside-only' });
  onTestFinished(() => window.close());
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(window, name, { value, configurable: true });
  }
  return (source) => window.eval(source);
}

// jest gives jsdom `process` and `Buffer`.
const SANDBOXES: [what: string, engine: string, tokens: Record<string, string>, make: () => Evaluate][] = [
  ['the sandbox of edge runtimes', 'jose', good, inEdge],
  ['jsdom as jest has it', 'node:crypto', { HS256: good.HS256 ?? '' }, () => inJsdom({ process, Buffer })],
  [
    'jsdom as jest has it, with polyfills',
    'node:crypto',
    good,
    () => inJsdom({ process, Buffer, ...POLYFILLS }),
  ],
];

it.each(SANDBOXES)('in %s the built package signs and verifies by %s', async (_, engine, tokens, make) => {
  const evaluate = make();
  const names = Object.keys(tokens);
  const tampered = names.map((name) => [`${name}, tampered`, flipBit(tokens[name] ?? '')]);
  const task: Task = {
    secret: SECRET,
    jwks: { keys: pairs.map(([, { jwk }]) => jwk) },
    tokens: { ...tokens, ...Object.fromEntries(tampered) },
  };
  evaluate(code);
  const outcome = JSON.parse(String(await evaluate(`(${scenario})(${JSON.stringify(task)})`))) as Outcome;
  const verdicts = names.flatMap((name) => [
    [name, true],
    [`${name}, tampered`, false],
  ]);
  const signed = { valid: true, payload: { name: 'Zoë 🦊' } };
  expect(outcome).toMatchObject({ engine, ping: true, signed, verdicts: Object.fromEntries(verdicts) });
});
