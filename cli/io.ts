import { fstatSync } from 'node:fs';

/** What the commands read and write, so that a test can replace it. */
export interface Io {
  /** Reads all of stdin. Resolves with `undefined` if stdin is a terminal or closed. */
  readonly readStdin: () => Promise<string | undefined>;
  readonly writeOut: (text: string) => void;
  readonly writeError: (text: string) => void;
  /** Whether stdout shows colours. */
  readonly hasColour: boolean;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** `0`: nothing is wrong. `1`: something is wrong. `2`: wrong usage. */
export type ExitCode = 0 | 1 | 2;

/** Larger than any token. More than that was pasted by mistake. */
const MAX_INPUT_LENGTH = 262_144;

/** How long to wait for the first byte. Schedulers leave a pipe open and never write to it. */
const SILENCE_MS = 10_000;

/** The stdin, stdout and stderr of this process. */
export const processIo: Io = {
  readStdin: async () => (stdinIsPiped() ? readAll() : undefined),
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
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

function readAll(): Promise<string> {
  const { stdin } = process;
  return new Promise((resolve, reject) => {
    let text = '';
    const finish = (): void => {
      clearTimeout(silence);
      stdin.destroy();
      resolve(text);
    };
    const silence = setTimeout(finish, SILENCE_MS);
    stdin
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        clearTimeout(silence);
        text += chunk;
        if (text.length > MAX_INPUT_LENGTH) finish();
      })
      .once('end', finish)
      .once('error', reject);
  });
}
