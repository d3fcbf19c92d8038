/** Compares the package with other libraries and prints tables. See `bench/README.md`. */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const text = { type: 'string' } as const;
const write = { type: 'boolean', default: false } as const;
const { values } = parseArgs({
  options: { only: text, rounds: { ...text, default: '41' }, node: text, write },
});
const rounds = Number(values.rounds);
if (!(rounds >= 1)) throw new Error('--rounds must be a number of at least 1.');
if (values.write && values.only) throw new Error('--write cannot be combined with --only.');

// Runs once with each Node version. npx downloads it.
for (const version of values.node?.split(',') ?? []) {
  const node = ['--yes', '--package', `node@${version}`, '--', 'node', '--import', 'tsx'];
  const rest = values.write ? ['--write'] : ['--only', values.only ?? 'sign,verify,decode'];
  const command = [...node, fileURLToPath(import.meta.url), '--rounds', values.rounds, ...rest];
  execFileSync('npx', command, { stdio: 'inherit' });
}
if (!values.node) {
  // A dynamic import, because importing this module packs the package.
  const { measure } = await import('./measure.js');
  await measure(values.only?.split(',') ?? [''], rounds, values.write);
}
