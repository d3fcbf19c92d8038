// The built package, bundled with jose as an application is, in the sandbox of edge runtimes and in that of jsdom.
import type { KeyObject } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { EdgeVM } from '@edge-runtime/vm';
import { build as bundle } from 'esbuild';
import type { createAuthClient } from 'intentkit-auth';
import { JSDOM } from 'jsdom';
import { expect, it, onTestFinished } from 'vitest';
import { generateKeys, mint } from '../support/mint.js';
import { SECRET } from '../support/secrets.js';
import { flipBit } from '../support/tamper.js';

const { outputFiles } = await bundle({
  entryPoints: [fileURLToPath(new URL('../../dist/index.js', import.meta.url))],
  bundle: true,
  format: 'iife',
  globalName: 'globalThis.auth',
  target: 'es2022',
  // Without that of the repository, which makes the code strict.
  tsconfigRaw: {},
  write: false,
});
const code = outputFiles[0]?.text ?? '';

interface Task {
  readonly secret: string;
  readonly jwks: object;
  /** Tokens to verify, by name. */
  readonly tokens: Readonly<Record<string, string>>;
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

const pairs = ['RS256', 'PS256', 'ES256', 'EdDSA'].map((alg) => [alg, generateKeys(alg, alg)] as const);
const hmac = { HS256: mint({ header: { alg: 'HS256' }, payload: {}, key: SECRET }) };
const mintBy = (alg: string, key: KeyObject) => mint({ header: { alg, kid: alg }, payload: {}, key });
const all = {
  ...hmac,
  ...Object.fromEntries(pairs.map(([alg, keys]) => [alg, mintBy(alg, keys.privateKey)])),
};

type Evaluate = (source: string) => unknown;

function inEdge(): Evaluate {
  const vm = new EdgeVM();
  return (source) => vm.evaluate(source);
}

function inJsdom(globals: object): Evaluate {
  const { window } = new JSDOM('', { runScripts: 'outside-only' });
  onTestFinished(() => window.close());
  Object.defineProperties(window, Object.getOwnPropertyDescriptors(globals));
  return (source) => window.eval(source);
}

// jest gives jsdom these two. A JWKS needs some more that jsdom has not got.
const JEST = { process, Buffer };
const POLYFILLS = { crypto, Response, TextDecoder, TextEncoder };

// biome-ignore format: one sandbox a line
const SANDBOXES: [what: string, engine: string, tokens: Record<string, string>, make: () => Evaluate][] = [
  ['the sandbox of edge runtimes', 'jose', all, inEdge],
  ['jsdom as jest has it', 'node:crypto', hmac, () => inJsdom(JEST)],
  ['jsdom as jest has it, with polyfills', 'node:crypto', all, () => inJsdom({ ...JEST, ...POLYFILLS })],
];

it.each(SANDBOXES)('in %s the built package signs and verifies by %s', async (_, engine, good, make) => {
  const evaluate = make();
  const bad = Object.entries(good).map(([name, token]) => [`${name}, tampered`, flipBit(token)]);
  const tokens = { ...good, ...Object.fromEntries(bad) };
  const task: Task = { secret: SECRET, jwks: { keys: pairs.map(([, { jwk }]) => jwk) }, tokens };
  evaluate(code);
  const outcome: unknown = JSON.parse(String(await evaluate(`(${scenario})(${JSON.stringify(task)})`)));
  const verdicts = Object.fromEntries(Object.keys(tokens).map((name) => [name, name in good]));
  const signed = { valid: true, payload: { name: 'Zoë 🦊' } };
  expect(outcome).toMatchObject({ engine, ping: true, signed, verdicts });
});
