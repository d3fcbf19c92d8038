import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it, onTestFinished } from 'vitest';

const root = new URL('../..', import.meta.url);
const read = (file: string): Promise<string> => readFile(new URL(file, root), 'utf8');
const docs = (await readdir(new URL('docs/', root))).map((file) => `docs/${file}`);
const documents = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', ...docs];
const texts = new Map(await Promise.all(documents.map(async (file) => [file, await read(file)] as const)));
const blocks = (language: string): string[] =>
  Array.from([...texts.values()].join('\n').matchAll(/^```(\w+)\n(.*?)^```$/gms))
    .filter(([, name]) => name === language)
    .map(([, , body]) => body ?? '')
    // A block that is a file of the repository, or needs one, is compiled there, and held equal to it by another test.
    .filter((body) => !/^\/\/ \S+\.ts\n| from '\.\//.test(body));

it('The documents have TypeScript blocks that all compile under the configuration of this repository', async () => {
  // Inside the repository, so that the blocks resolve packages as its own files do.
  const folder = new URL('node_modules/.cache/readme/', root);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await mkdir(folder, { recursive: true });
  const files = blocks('ts').map((_, index) => fileURLToPath(new URL(`block-${index + 1}.ts`, folder)));
  await Promise.all(files.map((file, index) => writeFile(file, blocks('ts')[index] ?? '')));

  const { config } = ts.readConfigFile(fileURLToPath(new URL('tsconfig.json', root)), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, fileURLToPath(root));
  const program = ts.createProgram(files, options);
  // What the blocks import is checked by `npm run typecheck`.
  const problems = files
    .flatMap((file) => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
  expect(files.length).toBeGreaterThan(3);
  expect(problems).toEqual([]);
}, 120_000);

it('The documents have JSON blocks that all parse', () => {
  expect(blocks('json').length).toBeGreaterThan(1);
  for (const block of blocks('json')) expect(JSON.parse(block)).toBeTypeOf('object');
});

it.each(['README.md', 'CONTRIBUTING.md'])('%s names only npm scripts that exist', async (file) => {
  const { scripts } = JSON.parse(await read('package.json'));
  const named = Array.from(
    (await read(file)).matchAll(/npm run (?:--silent )?([\w:-]+)/g),
    ([, name]) => name,
  );
  expect(named).toContain('test:unit');
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});

it.each([...texts])('%s links to files and headings that exist', async (file, text) => {
  for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    const [path = '', heading] = link.split('#');
    const target = path === '' ? text : await readFile(new URL(path, new URL(file, root)), 'utf8');
    const slugs = Array.from(target.matchAll(/^#+ (.*)$/gm), ([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    if (heading !== undefined) expect(slugs, link).toContain(heading);
  }
});
