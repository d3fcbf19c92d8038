#!/usr/bin/env node
import { processIo } from './io.js';
import { run } from './run.js';

let failure: string | undefined;
const note = (error?: NodeJS.ErrnoException | null): void => {
  failure ??= error?.code;
};
process.stdout.on('error', note);
process.stderr.on('error', () => {});

const code = await run(process.argv.slice(2), processIo);
// A connection attempt that was given up keeps the process alive for ten more seconds. So exit, once all output is written.
process.stdout.write('', (error) => {
  note(error);
  // With EPIPE, the reader has seen enough, such as `head`. Anything else, such as a full disk, has lost output.
  const isLost = failure !== undefined && failure !== 'EPIPE';
  process.stderr.write('', () => process.exit(isLost ? 3 : code));
});
