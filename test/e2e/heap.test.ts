import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';

const run = promisify(execFile);
const FIXTURE = await bundleScript('test/e2e/fixtures/heap.ts');

const tokensLeft = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, ['--expose-gc', FIXTURE, ...args])).stdout;

it('no token stays in the heap after it was verified, refused, decoded or signed', async () => {
  expect(await tokensLeft()).toBe('0');
});

it('the search finds a token that stays in the heap', async () => {
  expect(await tokensLeft('keep')).toBe('1');
});
