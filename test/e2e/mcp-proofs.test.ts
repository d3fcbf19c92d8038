import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';

const run = promisify(execFile);

it('A used proof takes at most 90 bytes of memory, as the guide says', async () => {
  const fixture = await bundleScript('test/e2e/fixtures/used-proofs.ts');
  const { stdout } = await run(process.execPath, ['--expose-gc', fixture]);
  const bytes = JSON.parse(stdout) as number[];
  expect(bytes).toHaveLength(3);
  // Less than the hash itself would mean that nothing was measured.
  expect(Math.min(...bytes)).toBeGreaterThan(32);
  expect(Math.max(...bytes)).toBeLessThanOrEqual(90);
});
