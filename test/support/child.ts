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
  /** What it has printed so far, by lines. */
  readonly lines: string[];
  /** Its exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
}

/**
 * Runs a module in a Node process of its own, which is gone when the test is over. It may import this package. What is
 * imported only when it is needed is a file of its own, as in the published package.
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
    // Without the rest of the environment, such as certificates that Node would read, and warn about.
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
