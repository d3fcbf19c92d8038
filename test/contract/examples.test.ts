// What the guides show is in the folders of `examples/`, file by file, and runs. What each file exports is tested in test/e2e and test/unit.
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { runToEnd } from '../support/built-project.js';
import { bundleScript } from '../support/bundle-script.js';
import { promised } from '../support/doc-examples.js';
import { blocksIn, DOCUMENTS, PAGES_OF_BLOCKS } from '../support/markdown.js';

const ROOT = new URL('../../', import.meta.url);
const read = (file: string): Promise<string> => readFile(new URL(file, ROOT), 'utf8');
const SECRET = 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^';

/** The text of each TypeScript file in a folder, by its path. */
async function textsIn(folder: string): Promise<Map<string, string>> {
  const names = await readdir(new URL(folder, ROOT), { recursive: true });
  const files = names.filter((name) => name.endsWith('.ts')).map((name) => `${folder}/${name}`);
  return new Map(await Promise.all(files.map(async (file) => [file, await read(file)] as const)));
}

const all = await textsIn('examples');
/** The files that guides show. Those of no folder are demos, which guides only name. */
const examples = new Map([...all].filter(([file]) => file.split('/').length > 2));

/** How a page shows a file: as it is, in a guide below the name of the file. */
const shownBy = (page: string, file: string): string =>
  `${page.startsWith('docs/') ? `// ${basename(file)}\n` : ''}${examples.get(file)}`;

const pages = await Promise.all(
  DOCUMENTS.filter((page) => !PAGES_OF_BLOCKS.includes(page)).map(async (page) => ({
    page,
    blocks: blocksIn(await read(page), 'ts', 'tsx', 'js', 'mjs', 'typescript', 'javascript'),
  })),
);
const shown = pages.flatMap(({ page, blocks }) =>
  blocks.map((block, index) => ({
    name: `${page}, block ${index + 1}: ${block.split('\n')[0]}`,
    file: [...examples.keys()].find((file) => shownBy(page, file) === block),
  })),
);

it('Each TypeScript block of a guide is a file of examples/, and each file is a block', () => {
  expect(shown.length).toBeGreaterThan(50);
  const unknown = shown.filter(({ file }) => file === undefined).map(({ name }) => name);
  expect(unknown, 'these blocks are not files of examples/').toEqual([]);
  const files = new Set(shown.map(({ file }) => file));
  const hidden = [...examples.keys()].filter((file) => !files.has(file));
  expect(hidden, 'no guide shows these files').toEqual([]);
});

// Some print what is new each time, such as a token. A test of their own loads them.
const printing = [...examples].filter(([, text]) => /^process\.stdout\.write\(.*; \/\/ /m.test(text));

it.each(printing)('%s runs, and writes what it says', async (file, text) => {
  vi.stubEnv('JWT_SECRET', SECRET);
  vi.stubEnv('REDIS_URL', '');
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  // Another test may have loaded it already.
  vi.resetModules();
  await import(/* @vite-ignore */ fileURLToPath(new URL(file, ROOT)));
  expect(promised(text)).not.toBe('');
  expect(write.mock.calls.map(([line]) => line).join('')).toBe(promised(text));
});

it('Each other file is loaded by a test, or by a file that is', async () => {
  const others = [...examples.keys()].filter((file) => !printing.some(([name]) => name === file));
  const tests = await textsIn('test');
  const texts = [...tests, ...examples].map(([, text]) => text).join('\n');
  const isLoaded = (file: string): boolean => {
    const path = file.replace(/\.ts$/, '');
    // These tests have the names of files.
    const isRecipe = ['recipes', 'try-it'].some((name) =>
      tests.get(`test/e2e/${name}.test.ts`)?.includes(`'${basename(path)}'`),
    );
    return (
      isRecipe || [`/${path}.js'`, `'${file}'`, `'./${basename(path)}.js'`].some((way) => texts.includes(way))
    );
  };
  expect(others.length).toBeGreaterThan(20);
  expect(others.filter((file) => !isLoaded(file))).toEqual([]);
});

/** What a client sends first. */
const MESSAGES = [
  {
    id: 1,
    method: 'initialize',
    params: {
      protocolVersion: '2025-06-18',
      capabilities: {},
      clientInfo: { name: 'agent', version: '1.0.0' },
    },
  },
  { method: 'notifications/initialized' },
  { id: 2, method: 'tools/list' },
];
const SERVERS: readonly [file: string, tools: readonly string[]][] = [
  ['examples/readme/intentkit.ts', ['create_token', 'verify_token', 'decode_token']],
  [
    'examples/client/two-providers.ts',
    ['create_token', 'verify_token', 'decode_token', 'partner_verify_token', 'partner_decode_token'],
  ],
];
const programs = await Promise.all(
  SERVERS.map(async ([file, tools]) => ({ file, tools, program: await bundleScript(file) })),
);
it.concurrent.each(programs)(
  '$file is an MCP server with the tools $tools, and ends with its stdin',
  async ({ program, tools }) => {
    const input = MESSAGES.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('');
    const { status, stdout } = await runToEnd(process.execPath, [program], {
      cwd: fileURLToPath(ROOT),
      env: { JWT_SECRET: SECRET },
      input,
    });
    const answers = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const listed = answers.find(({ id }) => id === 2)?.result.tools;
    expect([status, listed.map(({ name }: { name: string }) => name)]).toEqual([0, tools]);
  },
  60_000,
);

const program = ['--import', 'tsx', 'examples/run.ts'];
it.concurrent('npm run example runs a file by its name, with a secret, and otherwise lists names', async () => {
  const run = (...names: string[]) =>
    runToEnd(process.execPath, [...program, ...names], { cwd: fileURLToPath(ROOT) });
  const [one, none, unknown] = await Promise.all([run('readme/sign'), run(), run('sign')]);
  expect(one).toEqual({ status: 0, stdout: 'user-1\n', stderr: '' });
  expect([none.status, unknown.status, unknown.stderr]).toEqual([0, 1, none.stderr]);
  for (const name of ['http/api-express', 'logout', 'keys/serve-keys']) {
    expect(none.stderr).toContain(`\n  ${name}\n`);
  }
}, 60_000);
