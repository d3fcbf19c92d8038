// Builds the package for the tests that use it as published: once, before the first of them starts.
import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** The last file that a build writes. */
const LAST = 'dist/LICENSE.zod.txt';
/** What the repository holds besides the sources of the package. A folder that is missing here costs a build, no more. */
const OTHERS = ['node_modules', 'dist', 'host', 'examples', 'test', 'bench', 'docs', 'api', 'reports'];

/** For the option `globalSetup` of vitest. */
export async function setup(project: TestProject): Promise<void> {
  await ensureBuilt();
  project.onTestsRerun(ensureBuilt);
}

/** Runs `npm run build`, unless the last build is newer than every source. */
export async function ensureBuilt(): Promise<void> {
  const sources = await Promise.all((await readdir(ROOT)).filter(isSource).map(lastChange));
  if ((await lastChange(LAST)) > Math.max(...sources)) return;
  await promisify(execFile)('npm', ['run', 'build'], { cwd: ROOT });
}

const isSource = (name: string): boolean =>
  !OTHERS.includes(name) && (!name.includes('.') || name === 'package.json' || name === 'tsup.config.ts');

/** When a file, or anything in a folder, was last written: 0 if it is not there. A folder changes when it loses a file. */
async function lastChange(path: string): Promise<number> {
  const found = await stat(join(ROOT, path)).catch(() => undefined);
  if (!found?.isDirectory()) return found?.mtimeMs ?? 0;
  const inside = await Promise.all(
    (await readdir(join(ROOT, path))).map((name) => lastChange(join(path, name))),
  );
  return Math.max(found.mtimeMs, ...inside);
}
