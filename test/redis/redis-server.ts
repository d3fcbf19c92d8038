import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'redis';

export interface RedisServer {
  readonly port: number;
  readonly url: string;
  /** Suspends the process: connections stay open, but Redis does not answer. */
  pause(): void;
  resume(): void;
  /** Kills the process. */
  kill(): Promise<void>;
  /** Starts Redis again on the same port, with its saved data. */
  restart(): Promise<void>;
  /** Sends one command. */
  command(...words: string[]): Promise<unknown>;
  close(): Promise<void>;
}

/** Starts a Redis on a free loopback port. It writes each change to disk before it answers. */
export async function startRedis(): Promise<RedisServer> {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-redis-'));
  const port = await freePort();
  let child = await start(port, folder);
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    pause: () => void child.kill('SIGSTOP'),
    resume: () => void child.kill('SIGCONT'),
    kill: () => end(child),
    async restart() {
      if (isRunning(child)) return;
      child = await start(port, folder);
    },
    async command(...words) {
      const client = await createClient({ url: `redis://127.0.0.1:${port}` })
        .on('error', () => {})
        .connect();
      try {
        return await client.sendCommand(words);
      } finally {
        client.destroy();
      }
    },
    async close() {
      await end(child);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function start(port: number, folder: string): Promise<ChildProcess> {
  const words = `--bind 127.0.0.1 --port ${port} --save --appendonly yes --appendfsync always --dir`.split(
    ' ',
  );
  const child = spawn('redis-server', [...words, folder], { stdio: 'ignore' });
  while (!(await isOpen(port))) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with status ${child.exitCode}.`);
    await sleep(20);
  }
  return child;
}

const isRunning = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null;

async function end(child: ChildProcess): Promise<void> {
  if (!isRunning(child)) return;
  const exit = once(child, 'exit');
  child.kill('SIGKILL');
  await exit;
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const isConnected = await once(socket, 'connect').then(
    () => true,
    () => false,
  );
  socket.destroy();
  return isConnected;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
