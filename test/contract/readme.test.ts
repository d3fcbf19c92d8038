import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = new URL('../..', import.meta.url);
// Inside the repository, so that the blocks resolve packages as its own files do.
const folder = new URL('node_modules/.cache/readme/', root);
const readme = await readFile(new URL('README.md', root), 'utf8');
const blocks = (language: string): string[] =>
  Array.from(readme.matchAll(/^```(\w+)\n(.*?)^```$/gms))
    .filter(([, name]) => name === language)
    .map(([, , body]) => body ?? '');

describe('The README', () => {
  const files = blocks('ts').map((_, index) => fileURLToPath(new URL(`block-${index + 1}.ts`, folder)));

  beforeAll(async () => {
    await mkdir(folder, { recursive: true });
    await Promise.all(blocks('ts').map((block, index) => writeFile(files[index] ?? '', block)));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it('has TypeScript blocks that all compile under the strict configuration of this repository', () => {
    const { config } = ts.readConfigFile(fileURLToPath(new URL('tsconfig.json', root)), ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, fileURLToPath(root));
    const program = ts.createProgram(files, options);
    const problems = ts
      .getPreEmitDiagnostics(program)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(files.length).toBeGreaterThan(3);
    expect(problems).toEqual([]);
  });

  it('has JSON blocks that all parse', () => {
    expect(blocks('json').length).toBeGreaterThan(1);
    for (const block of blocks('json')) expect(JSON.parse(block)).toBeTypeOf('object');
  });

  it('names only npm scripts that exist', async () => {
    const { scripts } = JSON.parse(await readFile(new URL('package.json', root), 'utf8'));
    const named = Array.from(readme.matchAll(/npm run (?:--silent )?([\w:-]+)/g), ([, name]) => name);
    expect(named).toContain('mutants');
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
  });
});
