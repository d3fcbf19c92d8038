import { fstatSync } from 'node:fs';
import type { Io } from './io.js';

/** Larger than any token, and than all that a paste by mistake should cost. */
const MAX_INPUT_LENGTH = 262_144;

/** How long a pipe may say nothing. Schedulers leave one open on which nothing ever comes. */
const SILENCE_MS = 10_000;

/** The world of a process: its stdin, stdout and stderr. */
export const processIo: Io = {
  readStdin: async () => (stdinIsPiped() ? readAll() : undefined),
  writeOut: (text) => void process.stdout.write(text),
  writeError: (text) => void process.stderr.write(text),
  // See https://no-color.org.
  hasColour: process.stdout.isTTY === true && !process.env.NO_COLOR && process.env.TERM !== 'dumb',
  now: () => Date.now(),
};

/** A terminal and `/dev/null` are devices. Only where there is no stdin at all does this throw. */
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
