import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'tsup';
import type { Package } from './contenders.js';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The package, built and installed in a folder of its own as a consumer would have it. */
export interface Installation {
  readonly package: Package;
  /** The file behind `import 'intentkit-auth'`. */
  readonly entry: string;
  /** A script of this folder as plain JavaScript, next to the installed package. */
  script(name: 'first-token' | 'memory'): string;
  remove(): Promise<void>;
}

/** Builds what would be published: speed and size are those of the shipped code, not of the sources. */
export async function install(): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-bench-'));
  const installed = join(folder, 'node_modules', 'intentkit-auth');
  await build({ outDir: join(installed, 'dist'), dts: false, silent: true });
  await copyFile(join(ROOT, 'package.json'), join(installed, 'package.json'));
  for (const dependency of Object.keys(await dependencies())) {
    const link = join(folder, 'node_modules', dependency);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(ROOT, 'node_modules', dependency), link, 'dir');
  }
  await build({
    config: false,
    entry: ['bench/first-token.ts', 'bench/memory.ts'],
    format: 'esm',
    target: 'node20',
    external: ['intentkit-auth'],
    outDir: folder,
    outExtension: () => ({ js: '.mjs' }),
    silent: true,
  });
  const entry = join(installed, 'dist', 'index.js');
  return {
    package: await import(pathToFileURL(entry).href),
    entry,
    script: (name) => join(folder, `${name}.mjs`),
    remove: () => rm(folder, { recursive: true }),
  };
}

async function dependencies(): Promise<Record<string, string>> {
  return JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8')).dependencies;
}
