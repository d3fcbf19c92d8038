// What documents show of programs behind a comment such as `<!-- demo: 2 -->` is what the programs print.
// `UPDATE_DOCS=1 npx vitest run --project contract test/contract/shown.test.ts` writes it.
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { createTestIssuer } from 'intentkit-auth/testing';
import { expect, it, vi } from 'vitest';
import { HELP } from '../../cli/help.js';
import { run } from '../../cli/run.js';
import { fakeIo } from '../support/fake-io.js';

const ROOT = new URL('../../', import.meta.url);
const BLOCKS = /(<!-- (help|run|demo)(?:: (.*))? -->\n```text\n)[\s\S]*?```\n/g;

async function printed(program: string, argument: string): Promise<string> {
  if (program === 'help') return HELP;
  if (program === 'demo') return demo(argument);
  const issuer = await createTestIssuer({ url: 'https://id.example.com' });
  vi.stubGlobal('fetch', issuer.fetch);
  const world = fakeIo();
  await run(['doctor', ...argument.split(' ')], world.io);
  return `$ npx intentkit-auth doctor ${argument}\n${world.stdout()}`;
}

/** Some steps of the demo, by their numbers, with the same times in every run. Tokens are shortened by the demo itself. */
async function demo(steps: string): Promise<string> {
  const args = ['--import', 'tsx', 'examples/demo.ts'];
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: fileURLToPath(ROOT) });
  const shown = stdout
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-01T00:10:00.000Z')
    .replace(/"iat":\d+/g, '"iat":1767225600')
    .replace(/"exp":\d+/g, '"exp":1767226200')
    .split('\n\n')
    .filter((part) => steps.split(' ').includes(part.trim().split('.')[0] ?? ''));
  return `${shown.join('\n\n')}\n`;
}

it.each([
  ['docs/client.md', 1],
  ['docs/troubleshooting.md', 3],
])(
  '%s shows in %i places what programs print, as they print it',
  async (page, places) => {
    const file = new URL(page, ROOT);
    const text = await readFile(file, 'utf8');
    const blocks = [...text.matchAll(BLOCKS)];
    let truth = text;
    for (const [block, head = '', program = '', argument = ''] of blocks) {
      const body = await printed(program, argument);
      truth = truth.replace(block, () => `${head}${body}\`\`\`\n`);
    }
    if (process.env.UPDATE_DOCS) await writeFile(file, truth);
    else expect(text).toBe(truth);
    expect(blocks).toHaveLength(places);
  },
  60_000,
);
