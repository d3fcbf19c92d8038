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
if (values.write && values.only) throw new Error('--write takes no --only.');

// Each of these versions of Node, which npm fetches, prints or writes its own tables.
for (const version of values.node?.split(',') ?? []) {
  const node = ['--yes', '--package', `node@${version}`, '--', 'node', '--import', 'tsx'];
  const rest = values.write ? ['--write'] : ['--only', values.only ?? 'sign,verify,decode'];
  const command = [...node, fileURLToPath(import.meta.url), '--rounds', values.rounds, ...rest];
  execFileSync('npx', command, { stdio: 'inherit' });
}
if (!values.node) {
  // Only now, as it packs the package.
  const { measure } = await import('./measure.js');
  await measure(values.only?.split(',') ?? [''], rounds, values.write);
}
