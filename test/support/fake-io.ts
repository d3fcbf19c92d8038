import type { Io } from '../../cli/io.js';

/** The inputs and outputs of a command. Without `stdin`, its standard input is a terminal. */
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

/** What the doctor has printed, with each message in one line. */
export const unwrapped = (text: string): string => text.replace(/\n {18}(?: {2})?(?=[^ →])/g, ' ');
