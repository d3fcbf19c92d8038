/**
 * The one place that asks which runtime this is. Test environments and edge runtimes replace globals, remove them, or
 * make their members throw. Nothing here may throw, because it runs when the package is imported.
 */

/** What `look` returns, or `undefined` where looking fails. */
function attempt<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch {
    return undefined;
  }
}

/** Whether this is Cloudflare Workers, where no request may wait for the I/O of another. */
export const isWorkers = (): boolean =>
  attempt(() => globalThis.navigator?.userAgent === 'Cloudflare-Workers') ?? false;

/** Whether this is Node, Bun or Deno, and not an edge runtime that only calls itself Node. */
const hasNodeModules =
  attempt(
    () => globalThis.process.versions.node !== undefined && !('EdgeRuntime' in globalThis) && !isWorkers(),
  ) ?? false;

/**
 * A module of Node, Bun or Deno, otherwise `undefined`. `getBuiltinModule` and not an import, so that the package loads
 * and bundles where there are no such modules. Node has it from 20.16 on.
 */
export const builtin = <T>(name: string): T | undefined =>
  attempt(() => (hasNodeModules ? (globalThis.process.getBuiltinModule(name) as T | undefined) : undefined));

/**
 * Synchronous `node:crypto` on Node 20.16 or later, Bun and Deno, otherwise `undefined`, also where `Buffer` was
 * taken away, which the engine needs. On each of them its verdicts are proven equal to jose's by
 * `npm run test:runtimes`.
 */
export const nodeCrypto =
  typeof globalThis.Buffer === 'function' ? builtin<typeof import('node:crypto')>('node:crypto') : undefined;

// jest's jsdom environment has neither as a global.
const text =
  globalThis.TextDecoder && globalThis.TextEncoder
    ? globalThis
    : builtin<typeof import('node:util')>('node:util');

/**
 * Reads UTF-8 and throws at bytes that are none, because they must not turn into replacement characters. It keeps a
 * byte-order mark, because JSON has none (RFC 8259 section 8.1).
 */
export const utf8Decoder = (): TextDecoder =>
  new (text?.TextDecoder ?? TextDecoder)('utf-8', { fatal: true, ignoreBOM: true }) as TextDecoder;

/** Text as UTF-8. */
export const encodeUtf8 = (value: string): Uint8Array<ArrayBuffer> =>
  new (text?.TextEncoder ?? TextEncoder)().encode(value) as Uint8Array<ArrayBuffer>;

/** SHA-256 of a text: at once by `node:crypto`, elsewhere by Web Crypto. */
export const sha256 = (text: string, encoding: 'hex' | 'base64url' = 'hex'): string | Promise<string> =>
  nodeCrypto ? nodeCrypto.createHash('sha256').update(text).digest(encoding) : webSha256(text, encoding);

async function webSha256(text: string, encoding: 'hex' | 'base64url'): Promise<string> {
  const bytes = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-256', encodeUtf8(text)));
  if (encoding === 'hex') return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** A random UUID. @see RFC 9562 section 5.4 */
export const randomId = (): string => (nodeCrypto ?? globalThis.crypto).randomUUID();

/** Milliseconds on a clock that nobody can set, or on the system's clock where there is no such clock. */
export const monotonicNow = (): number => globalThis.performance?.now() ?? Date.now();

/** Sends a line to Node's warning channel, and says whether there is one. */
export const emitProcessWarning = (message: string, options: { type: string; code: string }): boolean =>
  attempt(() => {
    globalThis.process.emitWarning(message, options);
    return true;
  }) ?? false;
