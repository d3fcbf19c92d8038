// Runs under node:test.
import assert from 'node:assert/strict';
import { afterEach, it, mock } from 'node:test';
import { PROVEN, prove } from './prove.js';

afterEach(() => mock.timers.reset());

for (const mode of ['in memory', 'over HTTP'] as const) {
  it(`A test issuer ${mode} works under node:test with fake timers`, async () => {
    const clock = {
      stop: (now: number) => mock.timers.enable({ apis: ['Date', 'setTimeout', 'setInterval'], now }),
      pass: async (milliseconds: number) => mock.timers.tick(milliseconds),
    };
    assert.deepEqual(await prove(mode, clock), PROVEN);
  });
}
