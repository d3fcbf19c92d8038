// A worker of this repository in Cloudflare's workerd.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { executable, ROOT } from './built-project.js';

/** The variables come from the environment, as `wrangler` sets them. */
const configuration = (names: readonly string[]): string => `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "loopback", network = (allow = ["local"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "worker")],
);
const worker :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  compatibilityFlags = ["nodejs_compat"],
  bindings = [${names.map((name) => `(name = "${name}", fromEnvironment = "${name}")`).join(', ')}],
  globalOutbound = "loopback",
);
`;

export const workerdPath = (): string => executable('workerd', 'bin/workerd');

/**
 * Starts workerd with the `workerd.capnp` of a folder.
 *
 * @returns the URL of each of its sockets by name, once all of them listen.
 */
export async function startWorkerd(folder: string, sockets: number, env: NodeJS.ProcessEnv = {}) {
  const imports = `--import-path=${join(ROOT, 'node_modules')}`;
  const child = spawn(workerdPath(), ['serve', imports, '--control-fd=3', 'workerd.capnp'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const addresses = new Map<string, string>();
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { socket, port } = JSON.parse(line) as { socket: string; port: number };
    addresses.set(socket, `http://127.0.0.1:${port}`);
    if (addresses.size === sockets) return { addresses, stop };
  }
  await stop();
  throw new Error(`workerd ended before it listened: ${stderr}`);
}

/** Bundles a worker as `wrangler` does, and starts it on a free port. */
export async function startWorker(entry: string, variables: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-worker-'));
  await build({
    entryPoints: [entry],
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker'],
    outfile: join(folder, 'worker.js'),
  });
  await writeFile(join(folder, 'workerd.capnp'), configuration(Object.keys(variables)));
  const { addresses, stop } = await startWorkerd(folder, 1, variables);
  await rm(folder, { recursive: true, force: true });
  return { url: addresses.get('http') ?? '', stop };
}
