import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// For the mutation tester, which runs tests thousands of times: the unit tests alone. Most of src/config/ takes effect
// when it is loaded, so that each of its mutants runs every test: `MUTANTS=config` leaves those about options.
const tests =
  process.env.MUTANTS === 'config'
    ? ['test/unit/{config,client,keys}/*.test.ts', 'test/unit/claims/to-sign.test.ts']
    : ['test/unit/**/*.test.ts'];

const { test: _, ...rest } = base;
export default mergeConfig(
  rest,
  defineConfig({ test: { include: tests, setupFiles: ['test/support/setup.ts'], testTimeout: 20_000 } }),
);
