import { execFile } from 'node:child_process';
import { cp, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Options } from 'tsup';
import tsupConfig from '../../tsup.config.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = [
  'src',
  'functions',
  'revocation',
  'gate',
  'mcp',
  'testing',
  'cli',
  'package.json',
  'tsup.config.ts',
];

/** Puts the package into a folder, as it is published: what `npm run build` made of these sources, or a new build. */
export async function buildPackage(outDir: string): Promise<void> {
  if (await isBuilt()) return cp(join(ROOT, 'dist'), outDir, { recursive: true });
  const { onSuccess: _, ...config } = tsupConfig as Options;
  await build({ ...config, config: false, outDir, dts: false, silent: true });
}

/** Builds the package and the stand-in for IntentKit, unless `npm ci` has and no source has changed since. */
export async function ensureBuilt(): Promise<void> {
  if (!(await isBuilt())) await npmRun('build');
  if (!(await isNewer(['host/dist/index.js'], ['host/src', 'host/tsconfig.json'])))
    await npmRun('build', '--workspace=host');
}

const npmRun = (...args: string[]) => promisify(execFile)('npm', ['run', ...args], { cwd: ROOT });

function isBuilt(): Promise<boolean> {
  const entries = Object.keys((tsupConfig as Options).entry ?? {}).filter((entry) => entry !== 'cli/main');
  const built = entries.flatMap((entry) => [`dist/${entry}.js`, `dist/${entry}.d.ts`]);
  return isNewer(['dist/cli/main.js', ...built], SOURCES);
}

/** Whether files are all there and newer than all sources. */
async function isNewer(built: readonly string[], sources: readonly string[]): Promise<boolean> {
  const files = (await Promise.all(sources.map(filesIn))).flat();
  return Math.min(...(await times(built))) > Math.max(...(await times(files)));
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
