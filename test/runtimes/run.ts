/**
 * Runs the scenario of `test/e2e/runtimes` and the differential test of both engines on every runtime, and prints a table.
 * It exits with 1 on any difference. npm downloads the Node versions: `npm run test:runtimes -- --node 22,24 --count 50`.
 */
import { deepEqual, equal } from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { build } from 'esbuild';
import { jwtVerify } from 'jose';
import { ensureBuilt } from '../support/built.js';
import { startHeapProvider } from '../support/heap-provider.js';
import * as support from '../support/runtimes.js';
import { workerdPath } from '../support/worker.js';

const { values } = parseArgs({
  options: { node: { type: 'string', default: '20,22,24,26' }, count: { type: 'string', default: '400' } },
});
const count = Number(values.count);
if (!(count >= 1)) throw new Error('--count must be a number of at least 1.');

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-node-'));
await ensureBuilt();
const runtimes = await support.openRuntimes();
const table = [['runtime', 'version', 'engine', 'scenario', 'differential', 'callers', 'tokens in the heap']];
const wrong: string[] = [];

async function fetchNode(version: string): Promise<support.Runtime> {
  const prefix = join(folder, version);
  await run('npm', [
    'install',
    '--prefix',
    prefix,
    '--no-save',
    '--no-audit',
    '--no-fund',
    `node@${version}`,
  ]);
  return [join(prefix, 'node_modules/node/bin/node')];
}

async function expectRightReport({ report }: support.Outcome, engine: string): Promise<string> {
  const { payload } = await jwtVerify(report.signed, new TextEncoder().encode(support.SECRET));
  const verdicts = Object.entries(report.verdicts).map(([name, { message: _, ...verdict }]) => [
    name,
    verdict,
  ]);
  const found = {
    engine: report.status.engine,
    ping: report.ping,
    resigned: report.resigned,
    verdicts: Object.fromEntries(verdicts),
    outages: Object.values(report.outages).filter(({ code }) => code !== 'ERR_JWKS_UNAVAILABLE'),
  };
  const expected = support.TOKENS.map(([name, , verdict]) => [name, verdict]);
  const resigned = { ...support.GOOD, payload };
  deepEqual(found, { engine, ping: true, resigned, verdicts: Object.fromEntries(expected), outages: [] });
  return `${expected.length} tokens as expected`;
}

async function expectNoDifferences(runtime: support.Runtime): Promise<string> {
  const { tokens, differences } = await runtimes.runDifferential(runtime, count);
  if (differences.length > 0) throw new Error(differences.slice(0, 20).join('\n'));
  return `${tokens} tokens alike`;
}

/** Runs a script of the repository on a version of Node. Resolves to what it prints. */
async function printed([node]: support.Runtime, script: string, ...args: string[]): Promise<string> {
  const outfile = join(ROOT, 'node_modules/.cache', `${basename(script, '.ts')}-${process.pid}.mjs`);
  const entryPoints = [join(ROOT, script)];
  await build({ entryPoints, bundle: true, format: 'esm', platform: 'node', packages: 'external', outfile });
  try {
    return (await run(node, ['--expose-gc', outfile, ...args])).stdout;
  } finally {
    await rm(outfile, { force: true });
  }
}

/** The contexts of requests that a client keeps reachable: on Node, whose garbage can be collected at will. */
async function expectNoCallers(runtime: support.Runtime): Promise<string> {
  const { left } = JSON.parse(await printed(runtime, 'test/e2e/fixtures/callers.ts'));
  deepEqual(left, Object.fromEntries(Object.keys(left).map((use) => [use, 0])));
  return `none kept in ${Object.keys(left).length} uses`;
}

/** The tokens of callers, and those obtained for them, in a heap snapshot: on Node, which can take one. */
async function expectNoTokens(runtime: support.Runtime): Promise<string> {
  const provider = await startHeapProvider();
  const tokensLeft = (...args: string[]): Promise<string> =>
    printed(runtime, 'test/e2e/fixtures/downstream-heap.ts', provider.issuer, ...args);
  try {
    const left = await tokensLeft();
    equal(left, '0 of 20, 10 stored');
    equal(await tokensLeft('keep'), '20 of 20, 10 stored');
    return left;
  } finally {
    await provider.close();
  }
}

async function addRow(
  name: string,
  path: string,
  engine: string,
  scenario: () => Promise<support.Outcome>,
  ...more: (() => Promise<string>)[]
): Promise<void> {
  const version = /\d[\w.-]*/.exec((await run(path, ['--version'])).stdout)?.[0] ?? 'unknown';
  let found = 'unknown';
  const check = async (): Promise<string> => {
    const outcome = await scenario();
    found = outcome.report.status.engine;
    return expectRightReport(outcome, engine);
  };
  const results: string[] = [];
  for (const work of [check, ...more]) {
    const result = await work().catch((error: unknown) => {
      wrong.push(`${name} ${version}: ${error}`);
      return 'WRONG';
    });
    results.push(result);
  }
  table.push([name, version, found, ...results]);
}

const notLookedFor = async (): Promise<string> => 'not looked for';
const addProgram = (name: string, runtime: support.Runtime, isNode = false): Promise<void> => {
  const scenario = () => runtimes.runScenario(runtime);
  const ofNode = isNode
    ? [() => expectNoCallers(runtime), () => expectNoTokens(runtime)]
    : [notLookedFor, notLookedFor];
  return addRow(name, runtime[0], 'node:crypto', scenario, () => expectNoDifferences(runtime), ...ofNode);
};
const addWorker = (name: string, worker: string): Promise<void> => {
  const scenario = () => runtimes.runWorker(worker);
  return addRow(
    name,
    workerdPath(),
    'jose',
    scenario,
    async () => 'has one engine',
    notLookedFor,
    notLookedFor,
  );
};

try {
  for (const version of values.node.split(',')) await addProgram('Node', await fetchNode(version), true);
  await addProgram('Bun', support.bun());
  await addProgram('Deno', support.deno());
  await addWorker('workerd', 'plain');
  await addWorker('workerd with the globals of Node', 'nodejs');
} finally {
  await runtimes.close();
  await rm(folder, { recursive: true, force: true });
}
const width = (at: number): number => Math.max(...table.map((row) => row[at]?.length ?? 0));
const lines = table.map((row) => row.map((cell, at) => cell.padEnd(width(at))).join(' | '));
process.stdout.write(`${[...lines, ...wrong].join('\n')}\n`);
process.exitCode = wrong.length > 0 ? 1 : 0;
