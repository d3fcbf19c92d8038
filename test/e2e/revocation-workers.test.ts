import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CONFIG = `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "main", address = "127.0.0.1:0", http = (), service = "main")],
);
const main :Workerd.Worker = (
  modules = [(name = "worker", esModule = embed "worker.js")],
  compatibilityDate = "2024-01-01",
);`;

it('On Cloudflare Workers, a revoked token is refused, and the store has the same keys as on Node', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-workers-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await build({
    entryPoints: [join(ROOT, 'test/e2e/runtimes/revocation-worker.ts')],
    outfile: join(folder, 'worker.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    conditions: ['workerd', 'worker'],
    tsconfig: join(ROOT, 'tsconfig.json'),
  });
  await writeFile(join(folder, 'config.capnp'), CONFIG);
  const workerd: string = createRequire(import.meta.url)('workerd').default;
  const child = spawn(workerd, ['serve', join(folder, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'ignore', 'inherit', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('workerd ended.')));
    createInterface(child.stdio[3] as Readable).on('line', (line) => resolve(JSON.parse(line).port));
  });
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  const hash = createHash('sha256').update('token none token-1').digest('hex');
  expect(await answer.json()).toEqual({
    before: true,
    after: 'revoked',
    keys: [`intentkit-auth:revoked:${hash}`],
    jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
});
