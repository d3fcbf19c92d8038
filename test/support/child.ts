import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface Child {
  readonly process: ChildProcess;
  /** The lines that the process has printed so far. */
  readonly lines: string[];
  /** Resolves to the exit code, or to the signal that ended the process. */
  readonly ended: Promise<number | string>;
}

/**
 * Runs a module in a separate Node process, which is killed when the test ends. The module may import this package. Dynamic
 * imports become separate files, as in the published package.
 */
export async function startChild(
  module: string,
  { descriptors }: { descriptors?: number } = {},
): Promise<Child> {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-child-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await build({
    stdin: { contents: module, resolveDir: join(ROOT, 'test/support') },
    alias: { 'intentkit-auth': join(ROOT, 'src/index.ts') },
    outdir: folder,
    entryNames: 'main',
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
  });
  const limit = descriptors === undefined ? '' : `ulimit -n ${descriptors}; `;
  const child = spawn('sh', ['-c', `${limit}exec "$0" "$1"`, process.execPath, join(folder, 'main.js')], {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Other variables are not passed on. With `NODE_EXTRA_CA_CERTS`, for example, Node may print a warning.
    env: { PATH: process.env.PATH },
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on('line', (line) => lines.push(line));
  }
  const ended = new Promise<number | string>((resolve) => {
    child.once('close', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  return { process: child, lines, ended };
}
