import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';

const run = promisify(execFile);
const FIXTURE = fileURLToPath(new URL('./fixtures/heap.ts', import.meta.url));

const tokensLeft = async (...args: string[]): Promise<string> =>
  (await run(process.execPath, ['--expose-gc', '--import', 'tsx', FIXTURE, ...args])).stdout;

it('no token is left in the heap after it was verified, refused, decoded or signed', async () => {
  expect(await tokensLeft()).toBe('0');
});

it('the search finds a token that is left in the heap', async () => {
  expect(await tokensLeft('keep')).toBe('1');
});
