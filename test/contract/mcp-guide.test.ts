import { readdir, readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);

it('The guides to protected servers show each file of examples/http as it is, and name no other file', async () => {
  const guides = ['docs/mcp.md', 'docs/http.md'].map((file) => readFile(new URL(file, root), 'utf8'));
  const guide = (await Promise.all(guides)).join('\n');
  const shown = Array.from(guide.matchAll(/^```ts\n\/\/ (\S+)\n(.*?)^```$/gms), ([, name, body]) => [
    name,
    body,
  ]);
  const names = await readdir(new URL('examples/http/', root));
  const files = names.map(async (name) => [
    name,
    await readFile(new URL(`examples/http/${name}`, root), 'utf8'),
  ]);
  expect(names.length).toBeGreaterThan(5);
  expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(await Promise.all(files)));
  expect(shown).toHaveLength(names.length);
});
