/** What the commands have of the world, so that a test can give them another one. */
export interface Io {
  /** All of stdin, or `undefined` where stdin is a terminal or nothing. */
  readonly readStdin: () => Promise<string | undefined>;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether stdout takes colours. */
  readonly hasColour: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `0`: all fits. `1`: something does not. `2`: the command was used wrongly. */
export type ExitCode = 0 | 1 | 2;

/** A command was used wrongly. The message is one sentence that says what to give. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
