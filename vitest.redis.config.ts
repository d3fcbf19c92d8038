import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// On its own, because `npm test` needs no Redis. `npm run test:redis` starts one.
const { test: _, ...rest } = base;
export default mergeConfig(
  rest,
  defineConfig({
    test: {
      include: ['test/redis/**/*.test.ts'],
      setupFiles: ['test/support/setup.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);
