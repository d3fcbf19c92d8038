import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { promisify } from 'node:util';
import type { RunningServer } from '../../examples/authorization-server.js';
import type { Variables } from '../support/recipes.js';

/** A command, with its arguments. */
export type Run = readonly [command: string, ...args: string[]];

/** Starts the server of a project, and resolves when it listens. */
export type Start = (folder: string, variables: Variables) => Promise<RunningServer>;

/** In milliseconds. The slowest are an installation with an empty cache, and a build of Next. */
const LONGEST_RUN = 300_000;
const LONGEST_START = 60_000;

const environment = (folder: string, variables: Variables) => ({
  PATH: process.env.PATH,
  HOME: folder,
  NODE_ENV: 'production' as const,
  NEXT_TELEMETRY_DISABLED: '1',
  NO_COLOR: '1',
  ...variables,
});

/** Runs a command in the folder of a project, to its end. Throws what it printed if it fails. */
export async function run([command, ...args]: Run, folder: string, variables: Variables): Promise<void> {
  const options = { cwd: folder, timeout: LONGEST_RUN, killSignal: 'SIGKILL' } as const;
  await promisify(execFile)(command, args, { ...options, env: environment(folder, variables) }).catch(
    ({ message, stdout, stderr }) => {
      throw new Error([message, stdout, stderr].join('\n'));
    },
  );
}

/** Starts a program that prints its URL when it listens. */
export const startProgram =
  ([command, ...args]: Run): Start =>
  async (folder, variables) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: environment(folder, variables),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const closed = once(child, 'close');
    const stop = async (): Promise<void> => {
      child.kill('SIGKILL');
      await closed;
    };
    let printed = '';
    const listening = new Promise<string>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`The server ${why}.\n${printed}`));
      const timer = setTimeout(fail, LONGEST_START, 'does not listen');
      closed.then(() => fail('ended before it listened'), reject).finally(() => clearTimeout(timer));
      const read = (text: string): void => {
        printed += text;
        const [, port] = /http:\/\/(?:127\.0\.0\.1|localhost):([1-9]\d*)\D/.exec(printed) ?? [];
        if (port !== undefined) resolve(`http://127.0.0.1:${port}`);
      };
      child.stdout.setEncoding('utf8').on('data', read);
      child.stderr.setEncoding('utf8').on('data', read);
    });
    try {
      return { url: await listening, stop };
    } catch (error) {
      await stop();
      throw error;
    }
  };
