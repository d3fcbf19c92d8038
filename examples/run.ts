/**
 * `npm run example` lists what can be run. `npm run example client/claims` runs one file, with a new secret unless JWT_SECRET is set.
 * The files that are not listed are parts of others, or code for a server of yours.
 */
import { randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

const HERE = new URL('./', import.meta.url);
const files = (await readdir(HERE, { recursive: true })).filter((file) => file.endsWith('.ts')).sort();
const names = files.map((file) => file.replace(/\.ts$/, ''));

/** Whether the first comment of a file says how to run it. */
async function isListed(name: string): Promise<boolean> {
  const text = await readFile(new URL(`${name}.ts`, HERE), 'utf8');
  return /^(\/\/.*|\/\*\*[^/]*)(npx tsx|npm run example:)/.test(text);
}

const name = process.argv[2] ?? '';
if (names.includes(name)) {
  process.env.JWT_SECRET ||= randomBytes(48).toString('base64url');
  await import(`./${name}.ts`);
} else {
  const listed = await Promise.all(names.map(isListed));
  const lines = ['Name one of these after "npm run example":', ...names.filter((_, index) => listed[index])];
  process.stderr.write(`${lines.join('\n  ')}\n`);
  process.exitCode = name === '' ? 0 : 1;
}
