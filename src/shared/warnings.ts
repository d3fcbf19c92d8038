import { emitProcessWarning } from './runtime.js';

/**
 * The codes of warnings. They are stable.
 *
 * - `WEAK_SECRET`: a secret is shorter than its hash, or does not look random
 * - `SHARED_ISSUER`: the secret and the keys of a JWKS may sign tokens for the same issuer
 * - `JWKS_FAILING`: an outage of the JWKS endpoint began, or its cached keys are now too old to use
 * - `JWKS_RECOVERED`: the JWKS endpoint works again
 * - `JWKS_KEYS_IGNORED`: a key set has weak or broken keys beside the usable ones
 * - `JWKS_CACHE_FAILING`: the store `jwks.cache` is failing, so each process fetches the keys itself
 * - `JWKS_CACHE_RECOVERED`: the store `jwks.cache` works again
 * - `REVOCATION_FAILING`: the store of a revocation list is failing
 * - `REVOCATION_RECOVERED`: the store of a revocation list works again
 * - `INTROSPECTION_FAILING`: an outage of the introspection endpoint began
 * - `INTROSPECTION_RECOVERED`: the introspection endpoint works again
 * - `INTROSPECTION_MISCONFIGURED`: the introspection endpoint refuses the credentials or the request of this process
 * - `EXCHANGE_FAILING`: the token endpoint failed for two callers, or three times for one
 * - `EXCHANGE_RECOVERED`: the token endpoint works again
 * - `EXCHANGE_CACHE_FAILING`: the store `cache` of `createDownstream` is failing, so tokens are exchanged again
 * - `EXCHANGE_CACHE_RECOVERED`: the store `cache` of `createDownstream` works again
 * - `GATE_FAILING`: a gate answers 503, because its schema, its verifier or its memory of DPoP proofs fails
 * - `GATE_RECOVERED`: what failed at the gate works again
 * - `PING_FAILED`: `ping()` was false because of the secret, the revocation list or the introspection
 */
export type AuthWarningCode =
  | 'WEAK_SECRET'
  | 'SHARED_ISSUER'
  | 'JWKS_FAILING'
  | 'JWKS_RECOVERED'
  | 'JWKS_KEYS_IGNORED'
  | 'JWKS_CACHE_FAILING'
  | 'JWKS_CACHE_RECOVERED'
  | 'REVOCATION_FAILING'
  | 'REVOCATION_RECOVERED'
  | 'INTROSPECTION_FAILING'
  | 'INTROSPECTION_RECOVERED'
  | 'INTROSPECTION_MISCONFIGURED'
  | 'EXCHANGE_FAILING'
  | 'EXCHANGE_RECOVERED'
  | 'EXCHANGE_CACHE_FAILING'
  | 'EXCHANGE_CACHE_RECOVERED'
  | 'GATE_FAILING'
  | 'GATE_RECOVERED'
  | 'PING_FAILED';

/** Receives each warning. Errors that it throws or rejects with are ignored, so a broken logger cannot break authentication. */
export type WarningHandler = (message: string, code: AuthWarningCode) => void;

/**
 * The default handler. It uses `process.emitWarning`, which writes to stderr, or falls back to `console.warn`. It never
 * writes to stdout, which an MCP server on stdio uses for messages.
 *
 * @internal
 */
export function emitWarning(message: string, code: AuthWarningCode): void {
  if (emitProcessWarning(message, { type: 'AuthWarning', code })) return;
  // biome-ignore lint/suspicious/noConsole: runtimes without `process` have no other channel.
  console.warn(`AuthWarning [${code}]: ${message}`);
}

/**
 * Wraps a handler so that its errors are ignored: those it throws, and rejections of a promise it returns.
 *
 * @internal
 */
export function safely<Values extends unknown[]>(
  handler: (...values: Values) => unknown,
): (...values: Values) => void {
  return (...values) => {
    try {
      Promise.resolve(handler(...values)).catch(() => {});
    } catch {
      // Warnings and verdicts are for information, so a failing handler must not affect the caller.
    }
  };
}
