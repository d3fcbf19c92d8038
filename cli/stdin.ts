import type { Readable } from 'node:stream';

/** Larger than any token. More than that was pasted by mistake. */
const MAX_LENGTH = 262_144;

/** When to say what the command waits for. */
const NOTICE_MS = 2000;

/** How long to wait for the first byte. Schedulers leave a pipe open and never write to it. */
const SILENCE_MS = 10_000;

/** How long to wait for more. A program that sent something may never close the pipe. */
const PAUSE_MS = 2000;

/** How long to wait altogether. A program may send something again and again, and never stop. */
const WHOLE_MS = 30_000;

const NOTICE = `Waiting up to ${SILENCE_MS / 1000} s for a token on stdin. Without one, close stdin: < /dev/null\n`;

/** Reads a pipe to its end, for a bounded time. If nothing comes, it says what it waits for. */
export function readPipe(pipe: Readable, writeError: (text: string) => void): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const stop = (): void => {
      for (const timer of [notice, whole, pause]) clearTimeout(timer);
      pipe.destroy();
    };
    const finish = (): void => {
      stop();
      resolve(text);
    };
    const notice = setTimeout(() => writeError(NOTICE), NOTICE_MS);
    const whole = setTimeout(finish, WHOLE_MS);
    let pause = setTimeout(finish, SILENCE_MS);
    pipe
      .setEncoding('utf8')
      .on('data', (chunk: string) => {
        clearTimeout(notice);
        clearTimeout(pause);
        pause = setTimeout(finish, PAUSE_MS);
        text += chunk;
        if (text.length > MAX_LENGTH) finish();
      })
      .once('end', finish)
      .once('error', (error) => {
        stop();
        reject(error);
      });
  });
}
