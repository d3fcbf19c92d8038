import { emitProcessWarning } from './runtime.js';

/**
 * Why a warning was given. Codes are stable.
 *
 * - `WEAK_SECRET`: a secret is shorter than its hash, or looks as if it were not random
 * - `SHARED_ISSUER`: a secret and a JWKS may sign for the same issuer
 * - `JWKS_FAILING`: an outage of the JWKS endpoint begins, or its last good keys no longer serve
 * - `JWKS_RECOVERED`: the outage is over
 * - `REVOCATION_FAILING`: the store of a revocation list does not answer
 * - `REVOCATION_RECOVERED`: it answers again
 * - `PING_FAILED`: `ping()` was false, and not because of a JWKS endpoint
 */
export type AuthWarningCode =
  | 'WEAK_SECRET'
  | 'SHARED_ISSUER'
  | 'JWKS_FAILING'
  | 'JWKS_RECOVERED'
  | 'REVOCATION_FAILING'
  | 'REVOCATION_RECOVERED'
  | 'PING_FAILED';

/** Receives each warning. It may throw, reject or hang: a broken logger must not break authentication. */
export type WarningHandler = (message: string, code: AuthWarningCode) => void;

/**
 * The default: Node's warning channel (stderr), or `console.warn` where there is none. It never writes to stdout,
 * which belongs to the MCP transport.
 *
 * @internal
 */
export function emitWarning(message: string, code: AuthWarningCode): void {
  if (emitProcessWarning(message, { type: 'AuthWarning', code })) return;
  // biome-ignore lint/suspicious/noConsole: the only channel for a person on runtimes without a process.
  console.warn(`AuthWarning [${code}]: ${message}`);
}

/**
 * Wraps a handler so that nothing of it reaches the code that warns: no throw, and no rejection of a promise.
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
      // The handler's failure is its owner's to see. What it is told is only advice.
    }
  };
}
