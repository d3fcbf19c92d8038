import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { ROOT } from './installed.js';
import { type Filled, markdown } from './table.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const versionOf = (folder: string): string => JSON.parse(read(`${folder}/package.json`)).version;
const isInstalled = (name: string): boolean => existsSync(join(ROOT, 'node_modules', name));

/** One line: the libraries, Node, and the machine. */
function setting(rounds: number): string {
  const names = ['jose', 'jsonwebtoken', 'fast-jwt', '@node-rs/jsonwebtoken'];
  const peers = names
    .filter(isInstalled)
    .map((name) => `${name} ${versionOf(`node_modules/${name}`)}`)
    .join(', ');
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${process.platform} ${process.arch}`;
  return `intentkit-auth ${versionOf('.')}, ${peers}; Node ${process.versions.node} on ${machine}; ${rounds} rounds.`;
}

/** All tables, with quartiles. */
export function report(filled: readonly Filled[], rounds: number): string {
  const sections = filled.map((entry) => `## ${entry.table.title}\n\n${markdown(entry, true)}\n`);
  const intro = `${setting(rounds)}\nMedians, with quartiles in parentheses. [How it is measured](./README.md).\n`;
  return ['# Benchmark results\n', intro, ...sections].join('\n');
}

/** Puts the chosen tables, in medians, into the README of the package, and all into `results.md`. */
export function write(filled: readonly Filled[], chosen: readonly Filled[], rounds: number): void {
  const sections = chosen.map((entry) => `**${entry.table.title}.** ${markdown(entry, false)}\n`);
  // No link, because the README is published without this folder.
  const links = 'Medians; `bench/results.md` in the repository has spreads and how it is measured.';
  const block = `<!-- bench -->\n${sections.join('\n')}\n${setting(rounds)} ${links}\n<!-- /bench -->`;
  const [before, rest] = read('README.md').split('<!-- bench -->');
  const after = rest?.split('<!-- /bench -->')[1];
  if (after === undefined) throw new Error('README.md has no block for the tables.');
  writeFileSync(join(ROOT, 'README.md'), `${before}${block}${after}`);
  writeFileSync(join(ROOT, 'bench/results.md'), report(filled, rounds));
}
