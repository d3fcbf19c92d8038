import { readFile, writeFile } from 'node:fs/promises';
import { ratio, type Spread, time } from './compare.js';
import { LIMIT, OURS } from './contenders.js';
import { type Results, scenariosOf } from './results.js';
import type { Refusals, Scenario } from './scenarios.js';
import { type Target, withSpread } from './targets.js';

const README = new URL('../README.md', import.meta.url);
const RESULTS = new URL('results.md', import.meta.url);

/** By column. jose is there twice: as it is mostly called, and prepared as well as it can be. */
const PEERS: Readonly<Record<string, readonly string[]>> = {
  jose: ['jose'],
  'jose, CryptoKey or remote set': ['jose, CryptoKey', 'jose, remote'],
  jsonwebtoken: ['jsonwebtoken'],
  'fast-jwt': ['fast-jwt'],
  'node:crypto, the limit': [LIMIT],
};

/** Everything, in Markdown. */
export function report(results: Results, targets: readonly Target[]): string {
  const { machine, rounds, startUp, size, memory, growth } = results;
  const libraries = [...new Set(results.refusals.map(({ library }) => library))];
  return `# Benchmark results

${machine}.

Written by \`npm run bench\`. Contenders take short turns, ${rounds} each; a ratio is taken within a round of turns. Given
are the median and, in parentheses, the quartiles. Times depend on the machine and on what else it does; ratios are what
counts.

## Targets

${table(
  ['', 'goal', 'measured', ''],
  targets.map(({ what, goal, measured, met }) => [what, goal, measured, met ? 'met' : 'missed']),
)}

Speed is judged at 0.3 KB, one call at a time, one key; beside it is what bare node:crypto reaches against the same peer, and
the range of the medians in all other settings. Against jose, whose calls go through a thread pool, the ratio grows with
whatever else keeps the processors busy.

## Speed

How many operations of ours are done in the time of one of theirs: above 1, ours is faster. All check the signature, \`alg\`,
\`exp\`, \`iss\` and \`aud\`, without caches of verdicts. The limit is the cryptography, the parsing and the comparisons alone.
jsonwebtoken does not know EdDSA, and fast-jwt and jsonwebtoken are given the right key where others choose it from a JWKS.
jose works in a thread pool, so that with 64 calls at once it uses all cores; the others use one. The size is that of a token
without its signature. This package signs by HMAC only.

${table(
  ['', 'time', ...Object.keys(PEERS)],
  results.scenarios.map((scenario) => [
    nameOf(scenario),
    microseconds(time(scenario.timings, OURS)),
    ...ratiosOf(scenario),
  ]),
)}

## Refusing

The cost of refusing a token of 0.3 KB, where accepting one costs the same library 1. The unknown key is one that the JWKS is
known not to have; it means nothing to who was given the one right key.

${['HS256', 'ES256']
  .map((algorithm) =>
    refusalTable(
      results.refusals.filter((refusals) => refusals.algorithm === algorithm),
      libraries,
    ),
  )
  .join('\n\n')}

## Growth

${table(
  ['keys in the JWKS (ES256)', 'verify', 'first verify of a new client, fetch included'],
  amounts(growth.byKeys).map((count) => [
    count,
    microseconds(time(growth.byKeys, count)),
    microseconds(time(growth.byKeysFirst, count)),
  ]),
)}

${table(
  ['KB of the token (HS256)', 'verify'],
  amounts(growth.byKilobytes).map((kilobytes) => [
    kilobytes,
    microseconds(time(growth.byKilobytes, kilobytes)),
  ]),
)}

## Footprint

${table(
  ['from the import to the first verified token', OURS, 'jose', 'ratio'],
  startUp.map(({ what, ours, jose, ratio }) => [
    what,
    milliseconds(ours),
    milliseconds(jose),
    withSpread(ratio),
  ]),
)}

Each in a fresh process, in turns.

- Root entry, minified and gzipped, without dependencies: ${size} bytes.
- Memory of a client: ${kibibytes(memory.perSecretClient)} with a secret, ${kibibytes(memory.perJwksClient)} with a JWKS of ten keys.
- Change of the memory in use over ${memory.verifies.toLocaleString('en')} verifies of different tokens: ${kibibytes(memory.afterVerifies)}.
`;
}

/** What the README shows: the simplest scenarios, in medians. */
export function summary(results: Results): string {
  const columns = ['jose', 'jsonwebtoken', 'fast-jwt', LIMIT];
  const rows = [
    scenariosOf(results, 'sign', 'HS256'),
    scenariosOf(results, 'verify', 'HS256'),
    scenariosOf(results, 'verify', 'RS256'),
    scenariosOf(results, 'verify', 'ES256'),
    scenariosOf(results, 'verify', 'EdDSA'),
    scenariosOf(results, 'decode'),
  ].map(([{ operation, algorithm, timings }]) => [
    [operation, algorithm].filter(Boolean).join(' '),
    `${(time(timings, OURS).median / 1000).toFixed(1)} µs`,
    ...columns.map((peer) => (timings.has(peer) ? `${ratio(timings, OURS, peer).median.toFixed(2)} ×` : '–')),
  ]);
  const start = results.startUp.map(({ what, ratio }) => `${ratio.median.toFixed(2)} × (${what})`).join(', ');
  return `${table(['', OURS, 'jose', 'jsonwebtoken', 'fast-jwt', `bare ${LIMIT}`], rows)}

How many times as fast as each; tokens of 0.3 KB, caches off, medians of ${results.rounds} rounds in turns. RS256, ES256 and EdDSA go
through a JWKS. Measured on ${results.machine}.

From the import to the first verified token takes ${start} the time of jose. The root entry is ${(results.size / 1024).toFixed(1)} KB, minified and
gzipped. More, with spreads: [bench/results.md](./bench/results.md).`;
}

/** Writes both files. @returns what was written. */
export async function writeReports(results: Results, targets: readonly Target[]): Promise<string> {
  await writeFile(RESULTS, report(results, targets));
  const readme = await readFile(README, 'utf8');
  const marked = /<!-- bench -->[\s\S]*<!-- \/bench -->/;
  if (!marked.test(readme)) return 'Wrote bench/results.md. README.md has no markers for the table.\n';
  const section = `<!-- bench -->\n${summary(results)}\n<!-- /bench -->`;
  await writeFile(
    README,
    readme.replace(marked, () => section),
  );
  return 'Wrote bench/results.md and the table in README.md.\n';
}

function refusalTable(refusals: readonly Refusals[], libraries: readonly string[]): string {
  const ofLibrary = new Map(refusals.map((entry) => [entry.library, entry]));
  const kinds = [...(ofLibrary.get(OURS)?.timings.keys() ?? [])].filter((kind) => kind !== 'good');
  const cell = (kind: string, library: string): string => {
    const entry = ofLibrary.get(library);
    if (!entry) return '–';
    return entry.accepted.includes(kind) ? 'accepts it' : withSpread(ratio(entry.timings, 'good', kind));
  };
  return table(
    [refusals[0]?.algorithm ?? '', ...libraries],
    kinds.map((kind) => [kind, ...libraries.map((library) => cell(kind, library))]),
  );
}

/** Such as `verify ES256, 0.3 KB, 10 keys`. */
export function nameOf({ operation, algorithm, kilobytes, concurrency, keys }: Scenario): string {
  const parts = [
    [operation, algorithm].filter(Boolean).join(' '),
    `${kilobytes} KB`,
    keys && `${keys} ${keys === 1 ? 'key' : 'keys'}`,
    concurrency > 1 && `${concurrency} at once`,
  ];
  return parts.filter(Boolean).join(', ');
}

function ratiosOf({ timings }: Scenario): string[] {
  return Object.values(PEERS).map((names) => {
    const peer = names.find((name) => timings.has(name));
    return peer ? withSpread(ratio(timings, OURS, peer)) : '–';
  });
}

const amounts = (timings: ReadonlyMap<string, unknown>): string[] =>
  [...timings.keys()].sort((a, b) => Number(a) - Number(b));

const microseconds = (nanoseconds: Spread): string => scaled(nanoseconds, 1000, 'µs');
const milliseconds = (spread: Spread): string => scaled(spread, 1, 'ms');
const kibibytes = (bytes: number): string => `${(bytes / 1024).toFixed(1)} KB`;

const scaled = ({ low, median, high }: Spread, unit: number, name: string): string =>
  `${(median / unit).toFixed(1)} ${name} (${(low / unit).toFixed(1)}–${(high / unit).toFixed(1)})`;

/** A Markdown table that also reads well as text. */
function table(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((title, column) =>
    Math.max(3, title.length, ...body.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`, ...body.map(line)].join(
    '\n',
  );
}
