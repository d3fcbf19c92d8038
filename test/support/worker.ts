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
  const imports = `--import-path=${join(ROOT, 'node_modules')}`;
  const child = spawn(
    executable('workerd', 'bin/workerd'),
    ['serve', imports, '--control-fd=3', 'workerd.capnp'],
    { cwd: folder, env: { ...variables }, stdio: ['ignore', 'ignore', 'ignore', 'pipe'] },
  );
  const exited = once(child, 'close');
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
    await rm(folder, { recursive: true, force: true });
  };
  for await (const line of createInterface({ input: child.stdio[3] as Readable })) {
    const { port } = JSON.parse(line) as { port: number };
    return { url: `http://127.0.0.1:${port}`, stop };
  }
  await stop();
  throw new Error('workerd ended before it listened.');
}
