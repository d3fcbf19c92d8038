import { cp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Options } from 'tsup';
import tsupConfig from '../../tsup.config.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['src', 'functions', 'revocation', 'mcp', 'testing', 'cli', 'package.json', 'tsup.config.ts'];

/** Puts the package into a folder, as it is published: what `npm run build` made of these sources, or a new build. */
export async function buildPackage(outDir: string): Promise<void> {
  if (await isBuilt()) return cp(join(ROOT, 'dist'), outDir, { recursive: true });
  const { onSuccess: _, ...config } = tsupConfig as Options;
  await build({ ...config, config: false, outDir, dts: false, silent: true });
}

/** Whether `dist` is whole and newer than all sources. */
export async function isBuilt(): Promise<boolean> {
  const entries = Object.keys((tsupConfig as Options).entry ?? {}).filter((entry) => entry !== 'cli/main');
  const built = await times([
    'dist/cli/main.js',
    ...entries.flatMap((entry) => [`dist/${entry}.js`, `dist/${entry}.d.ts`]),
  ]);
  const sources = await Promise.all(SOURCES.map(filesIn));
  return Math.min(...built) > Math.max(...(await times(sources.flat())));
}

/** When each file was last written: 0 for one that is not there. */
const times = (files: readonly string[]): Promise<number[]> =>
  Promise.all(
    files.map((file) =>
      stat(join(ROOT, file)).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    ),
  );

async function filesIn(path: string): Promise<string[]> {
  if (path.includes('.')) return [path];
  // With the folder, whose time changes when a file of it goes.
  return [path, ...(await readdir(join(ROOT, path), { recursive: true })).map((file) => join(path, file))];
}
