import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { lines, replaceBlock } from '../test/support/table.js';
import { bare } from './contenders/bare.js';
import { OURS } from './contenders/ours.js';
import { ROOT } from './installed.js';
import { type Filled, markdown, median } from './table.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const versionOf = (folder: string): string => JSON.parse(read(`${folder}/package.json`)).version;
const isInstalled = (name: string): boolean => existsSync(join(ROOT, 'node_modules', name));
const NODE = process.versions.node;
const MAJOR = Number.parseInt(NODE, 10);

/** One line that names the libraries and the machine. */
function setting(rounds: number): string {
  const names = ['jose', 'jsonwebtoken', 'fast-jwt', '@node-rs/jsonwebtoken'];
  const peers = names
    .filter(isInstalled)
    .map((name) => `${name} ${versionOf(`node_modules/${name}`)}`)
    .join(', ');
  const machine = `${cpus().length} × ${cpus()[0]?.model.trim()}, ${process.platform} ${process.arch}`;
  return `Medians of ${rounds} rounds; intentkit-auth ${versionOf('.')}, ${peers}; ${machine}.`;
}

/** All tables, with quartiles. */
export function report(filled: readonly Filled[], rounds: number): string {
  const sections = filled.map((entry) => `## ${entry.table.title}, Node ${NODE}\n\n${markdown(entry)}\n`);
  return [`# Node ${NODE}\n`, `${setting(rounds)} [How it is measured](./README.md).\n`, ...sections].join(
    '\n',
  );
}

/** The rows and columns of the speed table in the README, and the libraries whose share of a request it lists. */
const ROWS = ['sign HS256', 'verify HS256', 'verify RS256', 'verify ES256', 'verify EdDSA', 'decode'];
const COLUMNS = [OURS, '× fast-jwt', '× jose', '× jsonwebtoken', `× ${bare.name}`];
const SHARES = [OURS, 'jose', 'fast-jwt'];

/**
 * Writes the figures of this Node version into the package's README, beside those of other versions, and all tables into
 * `results.md`. The first five tables must be in the order of `measure.ts`.
 */
export function write(filled: readonly Filled[], rounds: number): void {
  const summary = (old: string): string => summarised(filled as Summarised, old.split('\n'), rounds);
  replaceBlock('README.md', 'bench', summary);
  replaceBlock('bench/results.md', `Node ${MAJOR}`, () => report(filled, rounds));
}

type Summarised = readonly [one: Filled, many: Filled, http: Filled, first: Filled, footprint: Filled];

function summarised([one, many, http, first, footprint]: Summarised, old: string[], rounds: number): string {
  const speed = ROWS.map((name) => {
    const cells = COLUMNS.map((column) => [one, many].map((table) => median(table, name, column)));
    return [NODE, name, ...cells.map((pair) => pair.filter((cell) => cell !== undefined).join(' / '))];
  });
  const shares = ['HS256', 'ES256'].map((algorithm) => {
    const shareOf = (name: string, at: number) =>
      `${name} ${median(http, `http ${algorithm}`, 'share', at)} %`;
    return `${algorithm} ${SHARES.map(shareOf).join(', ')}`;
  });
  const share = `- Node ${NODE}, share of an HTTP request that verifying takes: ${shares.join('; ')}`;
  const sizes = SHARES.map((name) => `${name} ${median(footprint, `footprint, ${name}`, 'size')}`);
  const starts = [OURS, 'jose'].map(
    (name) => `${name} ${median(first, 'first token, HS256 with a secret', name)} ms`,
  );

  const others = old.filter((line) => majorOf(line) > 0 && majorOf(line) !== MAJOR);
  const isRow = (line: string): boolean => line.startsWith('|');
  const cellsOf = (line: string): string[] =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const rows = [...others.filter(isRow).map(cellsOf), ...speed];
  return [
    lines(
      ['Node', '', 'µs per call', ...COLUMNS.slice(1)],
      rows.sort(([a], [b]) => Number.parseInt(`${a}`, 10) - Number.parseInt(`${b}`, 10)),
    ),
    '',
    ...[...others.filter((line) => !isRow(line)), share].sort(),
    `- Size with all dependencies, minified and gzipped: ${sizes.join(', ')}`,
    `- From the import to the first verified token: ${starts.join(', ')}`,
    `- ${setting(rounds)}`,
  ].join('\n');
}

/** The Node version that a line of the README begins with, or NaN. */
const majorOf = (line: string): number => Number(/^(?:\| |- Node )(\d+)/.exec(line)?.[1]);
