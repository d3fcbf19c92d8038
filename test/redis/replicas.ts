import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface Answer {
  /** The outcome: `valid`, a reason, a code, or a token. */
  readonly outcome: string;
  /** How long the process took. */
  readonly milliseconds: number;
}

export interface Replica {
  sign(subject: string): Promise<string>;
  verify(token: string): Promise<Answer>;
  revoke(token: string): Promise<Answer>;
  warnings(): Promise<string[]>;
  /** True unless something has ended the process, such as an unhandled rejection. */
  isAlive(): boolean;
  close(): Promise<void>;
}

const program = fileURLToPath(new URL('replica.ts', import.meta.url));

/** Starts `replica.ts` in a separate process. */
export async function startReplica(redisUrl: string, onUnavailable = 'refuse'): Promise<Replica> {
  const child = fork(program, {
    execArgv: ['--import', 'tsx'],
    env: { PATH: process.env.PATH, REDIS_URL: redisUrl, ON_UNAVAILABLE: onUnavailable },
  });
  const [port] = await once(child, 'message');
  const post = async (path: string, body = ''): Promise<{ outcome: never; milliseconds: number }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', body });
    return response.json() as Promise<{ outcome: never; milliseconds: number }>;
  };
  return {
    sign: async (subject) => (await post('/sign', subject)).outcome,
    verify: (token) => post('/verify', token),
    revoke: (token) => post('/revoke', token),
    warnings: async () => (await post('/warnings')).outcome,
    isAlive: () => child.exitCode === null && child.signalCode === null,
    async close() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill();
      await exit;
    },
  };
}
