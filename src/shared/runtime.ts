/**
 * The only module that detects the runtime. Test environments and edge runtimes replace globals, remove them, or make
 * their members throw. This module must not throw, because it runs when the package is imported.
 */

/** Returns the result of `look`, or `undefined` if it throws. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** True on Cloudflare Workers, where a request must not wait for the I/O of another request. */
export const isWorkers = (): boolean =>
  attempt(() => globalThis.navigator?.userAgent === 'Cloudflare-Workers') ?? false;

/** True on Node, Bun and Deno. False on edge runtimes, even those that report a Node version. */
const hasNodeModules =
  attempt(
    () => globalThis.process.versions.node !== undefined && !('EdgeRuntime' in globalThis) && !isWorkers(),
  ) ?? false;

/** True on Node itself. */
export const isNode: boolean =
  hasNodeModules &&
  (attempt(() => !('bun' in globalThis.process.versions) && !('deno' in globalThis.process.versions)) ??
    false);

/**
 * Returns a built-in module of Node, Bun or Deno, or `undefined` elsewhere. It uses `getBuiltinModule` (Node 20.16 or later)
 * instead of an import, so that the package also loads and bundles for runtimes without these modules.
 */
export const builtin = <T>(name: string): T | undefined =>
  attempt(() => (hasNodeModules ? (globalThis.process.getBuiltinModule(name) as T | undefined) : undefined));

/**
 * `node:crypto` on Node 20.16 or later, Bun and Deno; otherwise `undefined`. Also `undefined` without a global `Buffer`,
 * which the engine needs. `npm run test:runtimes` compares its verdicts with jose's on each of these runtimes.
 */
export const nodeCrypto =
  typeof globalThis.Buffer === 'function' ? builtin<typeof import('node:crypto')>('node:crypto') : undefined;

/**
 * What it takes to use the thread pool of `node:crypto`. `null` with a single processor, and on Deno, whose `node:crypto` has no
 * pool. The functions are read at import: test tools replace them later, and jest's jsdom environment has no global `setImmediate`.
 */
export const poolTools =
  attempt(() => {
    const processors = builtin<typeof import('node:os')>('node:os')?.availableParallelism() ?? 1;
    const timers = builtin<typeof import('node:timers')>('node:timers');
    const { nextTick, versions } = globalThis.process;
    if (processors === 1 || !timers || 'deno' in versions) return null;
    return { setImmediate: timers.setImmediate, nextTick };
  }) ?? null;

// In jest's jsdom environment, neither is a global.
const text =
  globalThis.TextDecoder && globalThis.TextEncoder
    ? globalThis
    : builtin<typeof import('node:util')>('node:util');

/**
 * Creates a decoder. By default, it throws on invalid UTF-8 instead of inserting replacement characters, and keeps a byte-order
 * mark, so that `JSON.parse` rejects it (RFC 8259 section 8.1).
 */
export const utf8Decoder = (options: TextDecoderOptions = { fatal: true, ignoreBOM: true }): TextDecoder =>
  new (text?.TextDecoder ?? TextDecoder)('utf-8', options) as TextDecoder;

/** Encodes text as UTF-8. */
export const encodeUtf8 = (value: string): Uint8Array<ArrayBuffer> =>
  new (text?.TextEncoder ?? TextEncoder)().encode(value) as Uint8Array<ArrayBuffer>;

/** The SHA-256 hash of a text. Synchronous with `node:crypto`, a promise with Web Crypto. */
export const sha256 = (text: string, encoding: 'hex' | 'base64url' = 'hex'): string | Promise<string> =>
  nodeCrypto ? nodeCrypto.createHash('sha256').update(text).digest(encoding) : webSha256(text, encoding);

async function webSha256(text: string, encoding: 'hex' | 'base64url'): Promise<string> {
  const bytes = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', encodeUtf8(text)));
  if (encoding === 'hex') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return webBase64url(bytes);
}

/** The canonical base64url text of bytes, for runtimes without `Buffer`. */
export function webBase64url(bytes: Uint8Array): string {
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** A random UUID. @see RFC 9562 section 5.4 */
export const randomId = (): string => (nodeCrypto ?? globalThis.crypto).randomUUID();

/** Emits a Node process warning. Returns false on runtimes without process warnings. */
export const emitProcessWarning = (message: string, options: { type: string; code: string }): boolean =>
  attempt(() => {
    globalThis.process.emitWarning(message, options);
    return true;
  }) ?? false;
