import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// For a layer that needs other programs, which `--dir` selects. `npm test` needs none of them. See test/support/run-layer.ts.
const { test: _, ...rest } = base;
export default mergeConfig(
  rest,
  defineConfig({
    test: {
      include: ['**/*.test.ts'],
      setupFiles: ['test/support/setup.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  }),
);
