import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './built-project.js';

/** A project with the packed package and jose, installed by npm. */
export interface PackedProject {
  readonly folder: string;
  /** The folder of the installed package. */
  readonly installed: string;
  /** The stderr of `npm install`. */
  readonly stderr: string;
  remove(): Promise<void>;
}

/** Packs the last build and installs the tarball, without network access. */
export async function installPacked(): Promise<PackedProject> {
  const work = await mkdtemp(join(tmpdir(), 'intentkit-auth-packed-'));
  const remove = (): Promise<void> => rm(work, { recursive: true, force: true });
  const folder = join(work, 'project');
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const tarballs = await pack(work, ROOT, join(ROOT, 'node_modules/jose'));
  const { stderr } = await npm(folder, 'install', ...tarballs);
  return { folder, installed: join(folder, 'node_modules/intentkit-auth'), stderr, remove };
}

/** Packs packages into a folder, as they were built last, and resolves with the tarballs. */
export async function pack(folder: string, ...packages: readonly string[]): Promise<string[]> {
  // `prepack` would build again.
  const { stdout } = await npm(folder, 'pack', '--ignore-scripts', '--silent', ...packages);
  return stdout
    .trim()
    .split('\n')
    .map((name) => join(folder, name));
}

function npm(cwd: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const options = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  // Other variables are not passed on. If npm runs this test, its variables would point to another project.
  const env = { PATH: process.env.PATH, HOME: cwd };
  return promisify(execFile)('npm', [...args, ...options], { cwd, env });
}
