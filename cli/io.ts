import { fstatSync } from 'node:fs';
import { readPipe } from './stdin.js';

/** What the commands read and write, so that a test can replace it. */
export interface Io {
  /** Reads all of stdin, for a bounded time. Resolves with `undefined` if stdin is a terminal or closed. */
  readonly readStdin: () => Promise<string | undefined>;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether stdout shows colours. */
  readonly hasColour: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `0`: nothing is wrong. `1`: something is wrong. `2`: wrong usage. `3`: the command itself failed. */
export type ExitCode = 0 | 1 | 2 | 3;

const writeError = (text: string): void => void process.stderr.write(text);

/** The stdin, stdout and stderr of this process. */
export const processIo: Io = {
  readStdin: async () => (stdinIsPiped() ? readPipe(process.stdin, writeError) : undefined),
  writeOut: (text) => void process.stdout.write(text),
  writeError,
  // See https://no-color.org.
  hasColour: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  now: () => Date.now(),
};

/** False for a terminal and for `/dev/null`, which are devices, and if stdin is closed, where `fstatSync` throws. */
function stdinIsPiped(): boolean {
  try {
    return !fstatSync(0).isCharacterDevice();
  } catch {
    return false;
  }
}
