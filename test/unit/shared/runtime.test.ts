// Runs the package in environments where globals are missing or throw when they are read.
import { fileURLToPath } from 'node:url';
import { compileFunction } from 'node:vm';
import { build } from 'esbuild';
import { expect, it } from 'vitest';
import { SECRET } from '../../support/secrets.js';
import { flipBit } from '../../support/tamper.js';

const fail = (): never => {
  throw new Error('This member cannot be read.');
};
const value = (value: unknown): PropertyDescriptor => ({ value, configurable: true, writable: true });
const processWith = (members: object): PropertyDescriptor => value({ ...REAL_PROCESS, ...members });
const REAL_PROCESS = { versions: process.versions, getBuiltinModule: process.getBuiltinModule };
const ALL_THROW = new Proxy({}, { get: fail, has: fail, getOwnPropertyDescriptor: fail, ownKeys: fail });
const NONE = value(undefined);

// biome-ignore format: one environment per line
const ENVIRONMENTS: [what: string, engine: 'node:crypto' | 'jose', globals: PropertyDescriptorMap][] = [
  ['the globals of Node', 'node:crypto', {}],
  ['a "process" whose every member throws', 'jose', { process: value(ALL_THROW) }],
  ['a "process" that itself throws', 'jose', { process: { get: fail, configurable: true } }],
  ['no "process"', 'jose', { process: NONE }],
  ['neither "process" nor "Buffer"', 'jose', { process: NONE, Buffer: NONE }],
  ['a "process" without "versions"', 'jose', { process: processWith({ versions: undefined }) }],
  ['a "process.versions" without "node"', 'jose', { process: processWith({ versions: {} }) }],
  ['an "EdgeRuntime"', 'jose', { EdgeRuntime: value('edge-runtime') }],
  ['no "navigator"', 'node:crypto', { navigator: NONE }],
  ['a "navigator" that throws', 'node:crypto', { navigator: { get: fail, configurable: true } }],
  ['a "navigator" whose every member throws', 'node:crypto', { navigator: value(ALL_THROW) }],
  ['the "navigator" of Cloudflare Workers', 'jose', { navigator: value({ userAgent: 'Cloudflare-Workers' }) }],
  ['no "process.getBuiltinModule", as before Node 20.16', 'jose', { process: processWith({ getBuiltinModule: undefined }) }],
  ['a "process.getBuiltinModule" that throws', 'jose', { process: processWith({ getBuiltinModule: fail }) }],
  ['a "process.getBuiltinModule" that finds nothing', 'jose', { process: processWith({ getBuiltinModule: () => undefined }) }],
  ['no "Buffer"', 'jose', { Buffer: NONE }],
  ['neither "TextDecoder" nor "TextEncoder"', 'node:crypto', { TextDecoder: NONE, TextEncoder: NONE }],
  ['a "TextDecoder" but no "TextEncoder"', 'node:crypto', { TextEncoder: NONE }],
  ['no "performance"', 'node:crypto', { performance: NONE }],
];

/** The package and jose as one script. A test can replace its globals without affecting the test runner. */
const { outputFiles } = await build({
  stdin: {
    contents: "export * from './index.js';",
    resolveDir: fileURLToPath(new URL('../../../src', import.meta.url)),
  },
  bundle: true,
  format: 'cjs',
  target: 'es2022',
  write: false,
});
const code = outputFiles[0]?.text ?? '';

function loadWith(globals: PropertyDescriptorMap): typeof import('intentkit-auth') {
  const changed = Object.defineProperties({}, globals);
  const owner = (name: PropertyKey): object => (name in changed ? changed : globalThis);
  const seen = new Proxy(globalThis, {
    has: (_, name) => name in owner(name),
    get: (_, name) => Reflect.get(owner(name), name),
  });
  const names = Object.keys(globals).filter((name) => globals[name]?.get === undefined);
  const module = { exports: {} };
  const load = compileFunction(code, ['module', 'globalThis', ...names]);
  load(module, seen, ...names.map((name) => globals[name]?.value));
  return module.exports as typeof import('intentkit-auth');
}

it.each(ENVIRONMENTS)(
  'with %s, the package loads, and signs and verifies with %s',
  async (_, engine, globals) => {
    const { createAuthClient } = loadWith(globals);
    const client = createAuthClient({ secret: SECRET });
    const token = await client.sign({ name: 'Zoë 🦊' });
    expect(await client.verify(token)).toMatchObject({ valid: true, payload: { name: 'Zoë 🦊' } });
    expect(await client.verify(flipBit(token))).toMatchObject({ valid: false, reason: 'signature' });
    expect(await client.ping()).toBe(true);
    expect(client.status().engine).toBe(engine);
  },
);
