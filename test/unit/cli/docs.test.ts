import { readFile, writeFile } from 'node:fs/promises';
import { createTestIssuer } from 'intentkit-auth/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { HELP } from '../../../cli/help.js';
import { run } from '../../../cli/run.js';
import { fakeIo } from '../../support/fake-io.js';

const fileOf = (path: string): URL => new URL(`../../../${path}`, import.meta.url);
const textOf = (path: string): Promise<string> => readFile(fileOf(path), 'utf8');
const page = await textOf('docs/doctor.md');

/** The blocks behind a comment such as `<!-- run: … -->`, by what the comment says. */
const BLOCKS = /<!-- (help|run: .*) -->\n```\n([\s\S]*?)```\n/g;

async function trueText(comment: string): Promise<string> {
  if (comment === 'help') return HELP;
  const issuer = await createTestIssuer({ url: 'https://id.example.com' });
  vi.stubGlobal('fetch', issuer.fetch);
  const world = fakeIo();
  const [, command = ''] = comment.split('run: ');
  const status = await run(['doctor', ...command.split(' ')], world.io);
  return `$ npx intentkit-auth doctor ${command}\n${world.stdout()}$ echo $?\n${status}\n`;
}

afterEach(() => void vi.unstubAllGlobals());

describe('The page about the doctor', () => {
  it('shows the help and the runs as they are', async () => {
    let truth = page;
    for (const [block, comment = ''] of page.matchAll(BLOCKS)) {
      truth = truth.replace(block, () => `<!-- ${comment} -->\n\`\`\`\n`.concat('@@', '```\n'));
      truth = truth.replace('@@', await trueText(comment));
    }
    // `UPDATE_DOCS=1 npx vitest run test/unit/cli/docs.test.ts` writes them.
    if (process.env.UPDATE_DOCS) await writeFile(fileOf('docs/doctor.md'), truth);
    else expect(page).toBe(truth);
  });

  it('explains only sentences that the doctor says', async () => {
    const doctor = ['ask', 'check-discovery', 'check-keys', 'check-mcp', 'check-token', 'explain'];
    const sources = [
      ...doctor.map((name) => `cli/doctor/${name}.ts`),
      'src/keys/remote/near-miss.ts',
      'src/client.ts',
    ];
    const said = (await Promise.all(sources.map(textOf)))
      .join('\n')
      .replace(/\$\{[^}]*\.protocol\}/g, 'PROTOCOL');
    const [, table = ''] = page.split('| you see |');
    const sentences = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, sentence = '']) => sentence.replace(/\bhttps?:/g, 'PROTOCOL')),
    );
    expect(sentences.length).toBeGreaterThan(15);
    expect(sentences.filter((sentence) => !said.includes(sentence))).toEqual([]);
  });
});

describe('The page about testing', () => {
  it.each(['who-am-i.ts', 'who-am-i.test.ts'])('shows examples/%s as it is', async (name) => {
    expect(await textOf('docs/testing.md')).toContain(`\`\`\`ts\n${await textOf(`examples/${name}`)}\`\`\``);
  });
});
