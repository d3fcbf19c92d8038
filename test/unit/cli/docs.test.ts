import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';

const ROOT = new URL('../../../', import.meta.url);
const textOf = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');
const page = await textOf('docs/doctor.md');

describe('The page about the doctor', () => {
  it('explains only sentences that the doctor prints', async () => {
    const folders = ['cli', 'src'].map(async (folder) =>
      (await readdir(new URL(folder, ROOT), { recursive: true }))
        .filter((name) => name.endsWith('.ts'))
        .map((name) => `${folder}/${name}`),
    );
    const sources = (await Promise.all(folders)).flat();
    const said = (await Promise.all(sources.map(textOf)))
      .join('\n')
      .replace(/\$\{[^}]*\.protocol\}/g, 'PROTOCOL');
    const [, table = ''] = page.split('| you see |');
    const sentences = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, sentence = '']) => sentence.replace(/\bhttps?:/g, 'PROTOCOL')),
    );
    expect(sentences.length).toBeGreaterThan(15);
    const odd = sentences.filter((sentence) => !said.includes(sentence));
    if (odd.length > 0) expect.fail(`docs/doctor.md quotes what the doctor does not say: ${odd.join(' / ')}`);
  });
});

describe('The page about testing', () => {
  it.each(['who-am-i.ts', 'who-am-i.test.ts'])('shows examples/%s as it is', async (name) => {
    expect(await textOf('docs/testing.md')).toContain(`\`\`\`ts\n${await textOf(`examples/${name}`)}\`\`\``);
  });
});
