import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// For the mutation tester, which runs tests thousands of times: those that start other processes, or that repeat
// with thousands of tokens what the tables say, are left out. What is mutated in src/config.ts takes effect when it
// is loaded, so that each of its mutants runs every test: there, only those about options.
const tests =
  process.env.MUTANTS === 'config'
    ? [
        'test/{config,specification,errors,sign,verify}.test.ts',
        'test/{attacks/secrets,keys/fetch-jwks}.test.ts',
      ]
    : ['test/*.test.ts', 'test/keys/*.test.ts'];

const { test: _, ...rest } = base;
export default mergeConfig(
  rest,
  defineConfig({
    test: {
      include: tests,
      exclude: ['test/{package,readme,differential,leaks}.test.ts'],
      testTimeout: 20_000,
    },
  }),
);
