import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';

const FIXTURE = await bundleScript('test/e2e/fixtures/callers.ts');

async function contextsLeft(...args: string[]): Promise<Record<string, number>> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', FIXTURE, ...args]);
  return JSON.parse(stdout).left;
}

it('Nothing of a request stays reachable after a client was used in its context', async () => {
  const left = await contextsLeft();
  expect(Object.keys(left).length).toBeGreaterThan(10);
  expect(left).toEqual(Object.fromEntries(Object.keys(left).map((use) => [use, 0])));
}, 60_000);

it('The search finds a request that is kept', async () => {
  expect(new Set(Object.values(await contextsLeft('keep')))).toEqual(new Set([2]));
}, 60_000);
