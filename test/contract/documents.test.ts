// What all documents promise: their code compiles, their links lead somewhere, and what they quote is said. Their examples are in
// examples.test.ts. The examples of doc comments are here, because they are compiled in the same program.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { configurationOf } from '../../cli/doctor/configuration.js';
import { runToEnd } from '../support/built-project.js';
import { bundleScript } from '../support/bundle-script.js';
import { type Example, examplesIn, promised } from '../support/doc-examples.js';
import { homes, without } from '../support/homes.js';
import { blocksIn, DOCUMENTS, PAGES_OF_BLOCKS } from '../support/markdown.js';
import { CASES, diagnosed } from '../support/printed-configuration.js';
import { createProgram, sourceNames } from '../support/source-names.js';

const ROOT = new URL('../../', import.meta.url);
const pathOf = (file: string): string => fileURLToPath(new URL(file, ROOT));
const read = (file: string): Promise<string> => readFile(new URL(file, ROOT), 'utf8');
const listed = async (folder: string, extension: string): Promise<string[]> =>
  (await readdir(new URL(folder, ROOT), { recursive: true }))
    .filter((file) => file.endsWith(extension))
    .map((file) => `${folder}/${file}`);

const sourceOf = async (folders: readonly string[]): Promise<string> => {
  const files = await Promise.all(folders.map((folder) => listed(folder, '.ts')));
  return (await Promise.all(files.flat().map(read))).join('\n');
};

const pictures = await listed('docs', '.svg');
const published = new Set(
  [...DOCUMENTS, ...pictures].filter((file) => !/^(CONTRIBUTING|bench|host)/.test(file)),
);
const texts = new Map(await Promise.all(DOCUMENTS.map(async (file) => [file, await read(file)] as const)));

// Inside the repository, so that the blocks resolve packages as its own files do.
const folder = `.cache/blocks-${process.pid}`;
await mkdir(pathOf(folder), { recursive: true });
afterAll(() => rm(pathOf(folder), { recursive: true, force: true }));
/** Writes files into the folder, and returns their paths. */
const write = (files: [name: string, text: string][]): Promise<string[]> =>
  Promise.all(
    files.map(async ([name, text]) => {
      const file = `${folder}/${name}.ts`;
      await writeFile(pathOf(file), text);
      return file;
    }),
  );
const blockFiles = await write(
  PAGES_OF_BLOCKS.flatMap((page) =>
    blocksIn(texts.get(page) ?? '', 'ts').map((body, index): [string, string] => [
      `${basename(page, '.md')}-${index + 1}`,
      body,
    ]),
  ),
);
const printed: [string, string][] = [];
for (const [index, each] of CASES.entries()) {
  printed.push([`printed-${index}`, (await diagnosed(each)).configuration]);
}
vi.unstubAllGlobals();
const printedFiles = await write(printed);
const config = configurationOf({ issuer: 'a', jwksUrl: undefined, audience: undefined });
const wrong = await write([['wrong', config.replace('issuer:', 'isuer:')]]);

const entries = ['src', 'functions', 'http', 'mcp', 'revocation', 'introspection', 'downstream', 'testing'];
const sources = (await Promise.all(entries.map((folder) => listed(folder, '.ts')))).flat();
const inComments = await Promise.all(sources.map(async (file) => examplesIn(file, await read(file))));
const examples = inComments.flat();
const exampleFiles = await write(examples);
// One program for all that follows: to make it takes longer than to check it.
const program = createProgram([
  ...entries.map((folder) => `${folder}/index.ts`),
  'cli/arguments.ts',
  ...blockFiles,
  ...exampleFiles,
  ...printedFiles,
  ...wrong,
]);
/** What is wrong with each file. What they import is checked by `npm run typecheck`, as the examples are. */
const problemsIn = (files: readonly string[]): string[][] =>
  files.map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(pathOf(file)))
      .map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  );

it('The blocks that are not examples all compile under the configuration of this repository', () => {
  expect(blockFiles.length).toBeGreaterThan(20);
  expect(problemsIn(blockFiles).flat()).toEqual([]);
}, 120_000);

it('The configurations that the doctor prints compile', () => {
  expect(printedFiles).toHaveLength(CASES.length);
  expect(problemsIn(printedFiles).flat()).toEqual([]);
  // Mistakes are found.
  expect(problemsIn(wrong)).toEqual([[expect.stringContaining('isuer')]]);
}, 120_000);

it('The examples of doc comments all compile', () => {
  expect(problemsIn(exampleFiles).flat()).toEqual([]);
}, 120_000);

const complain = (lines: string[]): void => {
  if (lines.length > 0) expect.fail(lines.join('\n'));
};

it('Each exported function has an example in its comment', () => {
  const functions = entries.flatMap((folder) => sourceNames(program).functionsOf(`${folder}/index.ts`));
  expect(functions.length).toBeGreaterThan(10);
  complain(
    functions
      .filter(({ comment }) => !comment.includes('@example'))
      .map(({ name }) => `${name} has no example.`),
  );
});

const [servers, programs] = [true, false].map((isServer) =>
  examples.filter(([, text]) => text.includes('await serve({') === isServer),
) as [Example[], Example[]];
const env = { JWT_SECRET: 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^' };

it.each(programs)('The example %s runs, and writes what it says', async (name, text) => {
  vi.stubEnv('JWT_SECRET', env.JWT_SECRET);
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await import(/* @vite-ignore */ pathOf(`${folder}/${name}.ts`));
  expect(write.mock.calls.map(([line]) => line).join('')).toBe(promised(text));
});

it.each(servers)(
  'The example %s is a server, which starts and ends with its stdin',
  async (name) => {
    const program = await bundleScript(`${folder}/${name}.ts`);
    const ended = await runToEnd(process.execPath, [program], { cwd: pathOf(''), env });
    expect(ended).toEqual({ status: 0, stdout: '', stderr: '' });
  },
  60_000,
);

describe('The source and the documents name the same:', () => {
  it.each(homes(program, texts))('%s has a row for each %s, and no other', (place, kind, names, found) => {
    expect(names).not.toEqual([]);
    complain([
      ...without(names, found).map((name) => `${place} has no row for the ${kind} "${name}".`),
      ...without(found, names).map((name) => `${place} has the ${kind} "${name}", which the source has not.`),
    ]);
  });

  it('each name in capitals, such as a code, is one of the source', async () => {
    const folders = [
      'src',
      'functions',
      'gate',
      'http',
      'mcp',
      'revocation',
      'testing',
      'cli',
      'examples',
      'bench',
    ];
    const capitals = (text: string): string[] => text.match(/\b[A-Z]+(?:_[A-Z0-9]+)+\b/g) ?? [];
    const known = [...capitals(await sourceOf(folders)), 'NODE_OPTIONS'];
    complain(
      [...texts].flatMap(([file, text]) =>
        without(capitals(text), known).map((name) => `${file} has "${name}", which the source has not.`),
      ),
    );
  });
});

it('The documents have JSON blocks that all parse', () => {
  const blocks = [...texts.values()].flatMap((text) => blocksIn(text, 'json'));
  expect(blocks.length).toBeGreaterThan(1);
  for (const block of blocks) expect(JSON.parse(block)).toBeTypeOf('object');
});

// One without would be read as TypeScript by the pages of the reference, and by no test.
it('The code blocks of the documents all name their language', () => {
  complain(
    [...texts].flatMap(([file, text]) =>
      Array.from(text.matchAll(/^```([^\n]*)\n.*?^```$/gms), ([, language]) => language)
        .filter((language) => language === '')
        .map(() => `${file} has a block without a language.`),
    ),
  );
});

it('README.md has at most 120 lines', () => {
  expect(texts.get('README.md')?.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});

it('README.md installs the tarball that `npm pack` creates, and CHANGELOG.md begins with its version or what comes next', async () => {
  const { version } = JSON.parse(await read('package.json'));
  const tarballs = new Set(texts.get('README.md')?.match(/intentkit-auth-\d[\w.-]*\.tgz/g));
  expect([...tarballs]).toEqual([`intentkit-auth-${version}.tgz`]);
  const [, newest] = /^## (\S+)/m.exec(texts.get('CHANGELOG.md') ?? '') ?? [];
  expect(newest).toBeOneOf([version, 'Unreleased']);
});

it('README.md leads to each of at most twelve guides', () => {
  const guides = DOCUMENTS.filter((file) => file.startsWith('docs/'));
  expect(guides.length).toBeLessThanOrEqual(12);
  const linked = Array.from(
    texts.get('README.md')?.matchAll(/\.\/(docs\/[\w-]+\.md)/g) ?? [],
    ([, file]) => file,
  );
  expect([...new Set(linked)].sort()).toEqual(guides.sort());
});

it('The documents name only npm scripts that exist', async () => {
  const { scripts } = JSON.parse(await read('package.json'));
  const all = [...texts.values()].join('\n').matchAll(/npm run (?:--silent )?([a-z][\w:-]*)/g);
  const named = Array.from(all, ([, name]) => name);
  expect(named).toContain('test:unit');
  expect(Object.keys(scripts)).toEqual(expect.arrayContaining(named));
});

it.each([...texts])('%s links to files and headings that exist', async (file, text) => {
  for (const [, link = ''] of text.matchAll(/\]\((?!https?:)([^)]+)\)/g)) {
    const [path = '', heading] = link.split('#');
    const url = new URL(path, new URL(file, ROOT));
    const target = path === '' ? text : await readFile(url, 'utf8');
    const slugs = Array.from(target.matchAll(/^#+ (.*)$/gm), ([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\- ]/g, '')
        .replaceAll(' ', '-'),
    );
    if (heading !== undefined) expect(slugs, link).toContain(heading);
    // What is published leads to nothing that is not.
    if (published.has(file)) expect(published, link).toContain(url.href.slice(ROOT.href.length) || file);
  }
});

it('The page about troubleshooting quotes only what the source says', async () => {
  const said = await sourceOf(['src', 'functions', 'gate', 'http', 'mcp', 'revocation', 'host/src']);
  // What the doctor says is quoted further down, and test/unit/cli/docs.test.ts compares it.
  const [page = ''] = (texts.get('docs/troubleshooting.md') ?? '').split('\n## The command line\n');
  // All that is quoted in a row, but for its last cell, which says what to do.
  const quoted = Array.from(page.matchAll(/^\|(.*)\|[^|]*\|$/gm), ([, cells = '']) => [
    ...cells.matchAll(/`([^`]+)`/g),
  ])
    .flat()
    .map(([, sentence = '']) => sentence);
  expect(quoted.length).toBeGreaterThan(50);
  complain(
    quoted
      .filter((sentence) => !said.includes(sentence))
      .map((sentence) => `docs/troubleshooting.md quotes "${sentence}", which the source does not say.`),
  );
});
