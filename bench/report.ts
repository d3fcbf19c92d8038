import { existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { replaceBlock } from '../test/support/table.js';
import { OURS } from './contenders/ours.js';
import { ROOT } from './installed.js';
import { CONNECTIONS } from './scenarios/load.js';
import { type Filled, markdown, median } from './table.js';

const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');
const versionOf = (folder: string): string => JSON.parse(read(`${folder}/package.json`)).version;
const isInstalled = (name: string): boolean => existsSync(join(ROOT, 'node_modules', name));
const NODE = process.versions.node;
const MAJOR = Number.parseInt(NODE, 10);

/** One line that names the libraries and the machine. */
function setting(rounds: number): string {
  const names = ['jose', 'jsonwebtoken', 'fast-jwt', '@node-rs/jsonwebtoken', 'express-oauth2-jwt-bearer'];
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

/** The algorithms that the README shows. */
const ALGORITHMS = ['HS256', 'RS256', 'ES256', 'EdDSA'];

/**
 * Writes three lines into the package's README, and all tables into `results.md` beside those of other Node versions. The first
 * three tables must be in the order of `measure.ts`.
 */
export function write(filled: readonly Filled[], rounds: number): void {
  replaceBlock('README.md', 'bench', () => summarised(filled as Summarised, rounds));
  replaceBlock('bench/results.md', `Node ${MAJOR}`, () => report(filled, rounds));
}

type Summarised = readonly [one: Filled, many: Filled, load: Filled];

/** One line for each question: how long does one call take, what if there are many, and what does a server do? */
function summarised([one, many, load]: Summarised, rounds: number): string {
  const speedIn = (table: Filled): string =>
    ALGORITHMS.map((algorithm) => {
      const cells = [OURS, '× jose', '× fast-jwt'].map((column) =>
        median(table, `verify ${algorithm}`, column),
      );
      return `${algorithm} ${cells[0]} µs (${cells.slice(1).join(' / ')})`;
    }).join(', ');
  const served = ['ES256', 'EdDSA'].map((algorithm) => {
    const cell = (column: string, nth = 0) => median(load, `load ${algorithm}`, column, nth);
    const [ours, jose] = [OURS, 'jose'].map((name, nth) => `${cell(name)}, p99 ${cell('p99', nth)} ms`);
    return `${algorithm} ${ours} (jose: ${jose})`;
  });
  return [
    `- **One call of \`verify\`**, and how many times as fast as jose / fast-jwt: ${speedIn(one)}.`,
    `- **64 calls at once**, each: ${speedIn(many)}.`,
    `- **A server** with ${CONNECTIONS} connections, in requests a second: ${served.join('; ')}.`,
    '',
    `Node ${NODE}. ${setting(rounds)}`,
  ].join('\n');
}
