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
  // `prepack` would build again.
  const pack = [ROOT, join(ROOT, 'node_modules/jose')];
  const packed = await npm(work, 'pack', '--ignore-scripts', '--silent', ...pack);
  const tarballs = packed.stdout
    .trim()
    .split('\n')
    .map((name) => join(work, name));
  const { stderr } = await npm(folder, 'install', ...tarballs);
  return { folder, installed: join(folder, 'node_modules/intentkit-auth'), stderr, remove };
}

function npm(cwd: string, ...args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const options = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  // Other variables are not passed on. If npm runs this test, its variables would point to another project.
  const env = { PATH: process.env.PATH, HOME: cwd };
  return promisify(execFile)('npm', [...args, ...options], { cwd, env });
}
