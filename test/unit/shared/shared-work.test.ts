import { expect, it, onTestFinished, vi } from 'vitest';
import { SharedWork } from '../../../src/shared/shared-work.js';

/** Work whose results are the numbers of its runs. */
function counted() {
  let runs = 0;
  return async (): Promise<number> => {
    runs += 1;
    return runs;
  };
}

it('Concurrent callers with one key share a run, and a later one starts another', async () => {
  const work = counted();
  const shared = new SharedWork<number>();
  const first = ['a', 'a', 'b'].map((key) => shared.run(key, work));
  expect(await Promise.all(first)).toEqual([1, 1, 2]);
  expect(await shared.run('a', work)).toBe(3);
});

it('All who share work that fails get its error, and a later one starts another', async () => {
  const shared = new SharedWork<number>();
  const fail = () => Promise.reject(new Error('failed'));
  const outcomes = await Promise.allSettled([shared.run('a', fail), shared.run('a', fail)]);
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  expect(await shared.run('a', counted())).toBe(1);
});

it('On Workers, no caller waits for the work of another', async () => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  onTestFinished(() => void vi.unstubAllGlobals());
  const work = counted();
  const shared = new SharedWork<number>();
  expect(await Promise.all([shared.run('a', work), shared.run('a', work)])).toEqual([1, 2]);
});
