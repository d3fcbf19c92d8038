// `UPDATE_DOCS=1 npx vitest run --project unit test/unit/cli/docs.test.ts` draws the picture of docs/troubleshooting.md.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, vi } from 'vitest';
import { HELP } from '../../../cli/help.js';
import type { ExitCode } from '../../../cli/io.js';
import { run } from '../../../cli/run.js';
import { fakeIo } from '../../support/fake-io.js';
import { tablesOf } from '../../support/markdown.js';
import { terminalPicture } from '../../support/terminal-picture.js';

const ROOT = new URL('../../../', import.meta.url);
const textOf = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');
const page = await textOf('docs/troubleshooting.md');

describe('What docs/troubleshooting.md says about the command line', () => {
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
    const [, table = ''] = page.split('| the doctor says |');
    const sentences = [...table.matchAll(/^\| (.*?) \|/gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([^`]+)`/g)].map(([, sentence = '']) => sentence.replace(/\bhttps?:/g, 'PROTOCOL')),
    );
    expect(sentences.length).toBeGreaterThan(15);
    const odd = sentences.filter((sentence) => !said.includes(sentence));
    if (odd.length > 0)
      expect.fail(`docs/troubleshooting.md quotes what the doctor does not say: ${odd.join(' / ')}`);
  });

  it('names each exit code, as the help does', () => {
    const codes = Object.keys({ 0: true, 1: true, 2: true, 3: true } satisfies Record<ExitCode, true>);
    const table = tablesOf(page).find(({ head }) => head[0] === 'exit code');
    expect(table?.rows.map(([code]) => code?.replaceAll('`', ''))).toEqual(codes);
    const [, sentence = ''] = HELP.split('Exit codes:');
    expect(sentence.split('\n\n')[0]?.match(/\d/g)).toEqual(codes);
  });

  it('has a picture of a run, as the doctor prints it in colours', async () => {
    const issuer = await createTestIssuer({ url: 'https://id.example.com' });
    vi.stubGlobal('fetch', issuer.fetch);
    const world = fakeIo(await issuer.token({ aud: 'billing' }), { hasColour: true });
    const args = ['doctor', '--issuer', issuer.url, '--audience', 'orders'];
    expect(await run(args, world.io)).toBe(1);
    const command = `echo "$TOKEN" | npx intentkit-auth ${args.join(' ')}`;
    const picture = terminalPicture(
      `$ ${command.replace(' --issuer', ' \\\n    --issuer')}\n${world.stdout()}`,
      command,
    );
    const file = new URL('docs/doctor.svg', ROOT);
    if (process.env.UPDATE_DOCS) await writeFile(file, picture);
    expect(picture).toBe(await readFile(file, 'utf8'));
    expect(page).toContain('](./doctor.svg)');
  });
});
