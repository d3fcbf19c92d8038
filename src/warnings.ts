/** Why a warning was given. Codes are stable. */
export type AuthWarningCode = 'WEAK_SECRET' | 'JWKS_FAILING' | 'JWKS_RECOVERED' | 'PING_FAILED';

/** Receives each warning. What it throws is ignored: a broken logger must not break authentication. */
export type WarningHandler = (message: string, code: AuthWarningCode) => void;

/**
 * The default: Node's warning channel (stderr), or `console.warn` where there is none. Never stdout, which
 * belongs to the MCP transport.
 */
export function emitWarning(message: string, code: AuthWarningCode): void {
  if (typeof globalThis.process?.emitWarning === 'function') {
    globalThis.process.emitWarning(message, { type: 'AuthWarning', code });
  } else {
    // biome-ignore lint/suspicious/noConsole: the only channel for a person on runtimes without a process.
    console.warn(`AuthWarning [${code}]: ${message}`);
  }
}

/** Wraps a handler so that it cannot throw into the code that warns. */
export function safely(handler: WarningHandler): WarningHandler {
  return (message, code) => {
    try {
      handler(message, code);
    } catch {
      // The handler's failure is its owner's to see; the warning is advisory.
    }
  };
}
