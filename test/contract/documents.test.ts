// What all documents promise: their code compiles and runs, their links lead somewhere, and what they quote is said.
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from 'intentkit-auth/testing';
import ts from 'typescript';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { configurationOf } from '../../cli/doctor/configuration.js';
import { runToEnd } from '../support/built-project.js';
import { bundleScript } from '../support/bundle-script.js';
import { homes, without } from '../support/homes.js';
import { CASES, diagnosed } from '../support/printed-configuration.js';
import { createProgram } from '../support/source-names.js';

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

const rootDocuments = ['README.md', 'SECURITY.md', 'CONTRIBUTING.md', 'CHANGELOG.md'];
const documents = [...rootDocuments, 'bench/README.md', 'host/README.md', ...(await listed('docs', '.md'))];
const published = new Set(documents.filter((file) => !/^(CONTRIBUTING|bench|host)/.test(file)));
const texts = new Map(await Promise.all(documents.map(async (file) => [file, await read(file)] as const)));
const blocks = (language: string): { name: string; body: string }[] =>
  [...texts].flatMap(([file, text]) =>
    Array.from(text.matchAll(/^```(\w+)\n(.*?)^```$/gms))
      .filter(([, found]) => found === language)
      .map(([, , body = ''], index) => ({ name: `${basename(file, '.md')}-${index + 1}`, body })),
  );

// Inside the repository, so that the blocks resolve packages as its own files do.
const folder = `.cache/blocks-${process.pid}`;
await mkdir(pathOf(folder), { recursive: true });
afterAll(() => rm(pathOf(folder), { recursive: true, force: true }));
// A block that is a file of the repository, with its name above it or without, is compiled and tested there.
const examples = (await listed('examples', '.ts')).map(pathOf);
const exampleTexts = await Promise.all(examples.map((path) => readFile(path, 'utf8')));
const own = blocks('ts').filter(({ body }) => !exampleTexts.includes(body.replace(/^\/\/ \S+\.ts\n/, '')));

/** Writes files into the folder, and returns their paths. */
const write = (files: [name: string, text: string][]): Promise<string[]> =>
  Promise.all(
    files.map(async ([name, text]) => {
      const file = `${folder}/${name}.ts`;
      await writeFile(pathOf(file), text);
      return file;
    }),
  );
const ownFiles = await write(own.map(({ name, body }) => [name, body]));
const printed: [string, string][] = [];
for (const [index, each] of CASES.entries()) {
  printed.push([`printed-${index}`, (await diagnosed(each)).configuration]);
}
vi.unstubAllGlobals();
const printedFiles = await write(printed);
const config = configurationOf({ issuer: 'a', jwksUrl: undefined, audience: undefined });
const wrong = await write([['wrong', config.replace('issuer:', 'isuer:')]]);

// One program for all that follows: to make it takes longer than to check it. The blocks import the entries.
const program = createProgram([...ownFiles, ...printedFiles, ...wrong, 'cli/arguments.ts']);
/** What is wrong with each file. What they import, and the examples, are checked by `npm run typecheck`. */
const problemsIn = (files: readonly string[]): string[][] =>
  files.map((file) =>
    ts
      .getPreEmitDiagnostics(program, program.getSourceFile(pathOf(file)))
      .map(({ messageText }) => `${file}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`),
  );

it('The documents have TypeScript blocks that all compile under the configuration of this repository', () => {
  expect(ownFiles.length).toBeGreaterThan(20);
  expect(problemsIn(ownFiles).flat()).toEqual([]);
}, 120_000);

it('The configurations that the doctor prints compile', () => {
  expect(printedFiles).toHaveLength(CASES.length);
  expect(problemsIn(printedFiles).flat()).toEqual([]);
  // Mistakes are found.
  expect(problemsIn(wrong)).toEqual([[expect.stringContaining('isuer')]]);
}, 120_000);

const complain = (lines: string[]): void => {
  if (lines.length > 0) expect.fail(lines.join('\n'));
};

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

/** What a block says that it writes to stdout. */
const promised = (body: string): string =>
  Array.from(body.matchAll(/^process\.stdout\.write\(.*\); \/\/ (.*)$/gm), ([, line]) => `${line}\n`).join(
    '',
  );

const servers = own.filter(({ body }) => body.includes('await serve({'));
it.each(own.filter((block) => !servers.includes(block)))(
  'The block $name runs, and writes what it says',
  async ({ name, body }) => {
    vi.stubEnv('JWT_SECRET', 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^');
    vi.stubEnv('JWKS_URL', '');
    const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
    await import(/* @vite-ignore */ pathOf(`${folder}/${name}.ts`));
    expect(write.mock.calls.map(([text]) => text).join('')).toBe(promised(body));
  },
);

const programs = await Promise.all(
  servers.map(async ({ name }) => ({ name, program: await bundleScript(`${folder}/${name}.ts`) })),
);
it.concurrent.each(programs)(
  'The block $name is a server, which starts and ends with its stdin',
  async ({ program }) => {
    const env = { JWT_SECRET: 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^' };
    expect(await runToEnd(process.execPath, [program], { cwd: pathOf(''), env })).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    });
  },
  60_000,
);

describe('What a block exports', () => {
  const load = (text: string) => {
    const [name = '', ...more] = own.filter(({ body }) => body.includes(text)).map((block) => block.name);
    expect(more).toEqual([]);
    return import(/* @vite-ignore */ pathOf(`${folder}/${name}.ts`));
  };
  /** The issuer of the blocks. From `fail` on it has a new key and no answer. */
  async function startIssuer(audience: string) {
    const issuer = await createTestIssuer({ url: 'https://your-tenant.auth0.com/', audience });
    vi.stubGlobal('fetch', issuer.fetch);
    vi.spyOn(process, 'emitWarning').mockReturnValue();
    const fail = (): void => {
      issuer.rotate();
      issuer.fail('503');
    };
    return { token: issuer.token, fail };
  }
  it('in docs/client.md is the status for each of the three outcomes', async () => {
    const { token, fail } = await startIssuer('https://your-api.example.com');
    const { statusFor } = await load('// Only an error without a verdict has it.');
    expect([await statusFor(await token()), await statusFor('no token')]).toEqual([200, 401]);
    fail();
    expect(await statusFor(await token())).toBe(503);
  });

  it('in README.md is a gate before an MCP server, with all its answers', async () => {
    const resource = 'https://api.example.com/mcp';
    const { token, fail } = await startIssuer(resource);
    const { fetch } = await load('protectMcp(createAuthClient({ issuers })');
    const ask = async (claims?: object): Promise<number> => {
      const headers = claims && { authorization: `Bearer ${await token({ ...claims })}` };
      return (await fetch(new Request(resource, { method: 'POST', ...(headers && { headers }) }))).status;
    };
    expect(await ask()).toBe(401);
    expect(await ask({ scope: 'other' })).toBe(403);
    // It is admitted, and what it asks for is not MCP.
    expect(await ask({ scope: 'mcp' })).toBe(415);
    fail();
    expect(await ask({ scope: 'mcp' })).toBe(503);
  });
});

it('The documents have JSON blocks that all parse', () => {
  expect(blocks('json').length).toBeGreaterThan(1);
  for (const { body } of blocks('json')) expect(JSON.parse(body)).toBeTypeOf('object');
});

it('README.md has at most 120 lines', () => {
  expect(texts.get('README.md')?.trimEnd().split('\n').length).toBeLessThanOrEqual(120);
});

it('README.md leads to each of at most twelve guides', () => {
  const guides = documents.filter((file) => file.startsWith('docs/'));
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
