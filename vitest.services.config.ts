import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// On their own, because `npm test` needs no Redis and no SoftHSM. `npm run test:redis` and `npm run test:hsm` start them.
const { test: _, ...rest } = base;
export default mergeConfig(
  rest,
  defineConfig({
    test: {
      include: ['test/{redis,hsm}/**/*.test.ts'],
      setupFiles: ['test/support/setup.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);
