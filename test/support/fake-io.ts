import type { Io } from '../../cli/io.js';

/** A world for a command: with this on stdin, or with a terminal there. */
export function fakeIo(stdin?: string, { hasColour = false, now = Date.now() } = {}) {
  let [stdout, stderr] = ['', ''];
  const io: Io = {
    readStdin: async () => stdin,
    writeOut: (text) => {
      stdout += text;
    },
    writeError: (text) => {
      stderr += text;
    },
    hasColour,
    now: () => now,
  };
  return { io, stdout: () => stdout, stderr: () => stderr };
}
