/** Measures the package beside its peers and prints tables. `bench/README.md` says what and how. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const text = { type: 'string' } as const;
const write = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: { only: text, rounds: { ...text, default: '41' }, node: text, write },
});
const rounds = Number(values.rounds);
if (!(rounds >= 1)) throw new Error('--rounds is a number, at least 1.');
if (values.write && (values.only || values.node)) throw new Error('--write takes neither --only nor --node.');

// Each of these versions of Node, which npm fetches, prints its own tables.
for (const version of values.node?.split(',') ?? []) {
  const node = ['--yes', '--package', `node@${version}`, '--', 'node', '--import', 'tsx'];
  const only = ['--only', values.only ?? 'sign,verify,decode', '--rounds', values.rounds];
  execFileSync('npx', [...node, fileURLToPath(import.meta.url), ...only], { stdio: 'inherit' });
}
if (!values.node) {
  // Only now, as it packs the package.
  const { measure } = await import('./measure.js');
  await measure(values.only?.split(',') ?? [''], rounds, values.write);
}
