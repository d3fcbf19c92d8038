import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { buildSync } from 'esbuild';
import { OURS } from '../contenders/ours.js';
import { PROJECT, ROOT } from '../installed.js';
import type { Row, Table } from '../table.js';

/** Returns the size in kilobytes of the library with all its dependencies, in one file, minified and gzipped. */
function size(library: string, resolveDir: string): number {
  const stdin = { contents: `export * from '${library}'`, resolveDir };
  const options = { bundle: true, minify: true, write: false, format: 'esm', platform: 'node' } as const;
  const { outputFiles } = buildSync({ stdin, target: 'node20', ...options });
  return gzipSync(outputFiles[0]?.contents ?? '').length / 1024;
}

/** Returns how many files an import of the library loads, counted in V8's coverage report. */
function filesLoaded(library: string, cwd: string): number {
  const folder = mkdtempSync(join(PROJECT, 'coverage-'));
  const command = ['--input-type=module', '--eval', `import '${library}'`];
  execFileSync(process.execPath, command, { cwd, env: { ...process.env, NODE_V8_COVERAGE: folder } });
  const texts = readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'));
  const scripts = texts.flatMap((text): { url: string }[] => JSON.parse(text).result);
  return scripts.filter(({ url }) => url.includes('/node_modules/')).length;
}

const row = (library: string, folder: string): Row => ({
  name: `footprint, ${library}`,
  measure: async () => [`${size(library, folder).toFixed(1)} KB`, String(filesLoaded(library, folder))],
});

export const footprint: Table = {
  title: 'Footprint',
  caption:
    'The library with all its dependencies, minified and gzipped, and the number of files that an import loads.',
  head: ['size', 'files'],
  rows: [row(OURS, PROJECT), row('jose', PROJECT), row('jsonwebtoken', ROOT), row('fast-jwt', ROOT)],
};
