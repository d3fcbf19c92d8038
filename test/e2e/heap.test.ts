import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';
import { startHeapProvider } from '../support/heap-provider.js';

const run = promisify(execFile);
const FIXTURE = await bundleScript('test/e2e/fixtures/heap.ts');
const DOWNSTREAM = await bundleScript('test/e2e/fixtures/downstream-heap.ts');
const OWN_KEYS = await bundleScript('test/e2e/fixtures/own-keys-heap.ts');

const printed = async (script: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, ['--expose-gc', script, ...args])).stdout;
const tokensLeft = (...args: string[]): Promise<string> => printed(FIXTURE, ...args);

it('no token stays in the heap after it was verified, refused, decoded or signed', async () => {
  expect(await tokensLeft()).toBe('0');
});

it('the search finds a token that stays in the heap', async () => {
  expect(await tokensLeft('keep')).toBe('1');
});

it('no private key stays in the heap in the form it was given in', async () => {
  expect(await printed(OWN_KEYS)).toBe('0 of 4');
});

it('the search finds private keys that stay in the heap', async () => {
  expect(await printed(OWN_KEYS, 'keep')).toBe('4 of 4');
});

const provider = await startHeapProvider();
afterAll(() => provider.close());

it('no token of ten callers stays in the heap, and none obtained for them', async () => {
  expect(await printed(DOWNSTREAM, provider.issuer)).toBe('0 of 20, 10 stored');
});

it('the search finds the tokens of callers that stay in the heap', async () => {
  expect(await printed(DOWNSTREAM, provider.issuer, 'keep')).toBe('20 of 20, 10 stored');
});

it('no token stays in the heap after an answer that cannot be used', async () => {
  expect(await printed(DOWNSTREAM, provider.issuer, 'fail')).toBe('0 of 10, 0 stored');
});
