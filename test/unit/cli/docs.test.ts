import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const textOf = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');
const page = await textOf('docs/doctor.md');

describe('The page about the doctor', () => {
  it('explains only sentences that the doctor prints', async () => {
    const doctor = await readdir(new URL('cli/doctor', ROOT));
    const sources = [
      ...doctor.map((name) => `cli/doctor/${name}`),
      'src/shared/deadline.ts',
      'src/shared/url.ts',
      'src/client/client.ts',
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
