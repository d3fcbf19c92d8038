import { defineConfig, mergeConfig } from 'vitest/config';
import base from './vitest.config.js';

// For the mutation tester, which runs tests thousands of times: those that start other processes or only repeat
// with generated tokens what the tables say are left out.
export default mergeConfig(
  base,
  defineConfig({
    test: {
      exclude: [
        'test/e2e/**',
        'test/host/**',
        'test/properties/**',
        'test/{package,readme,differential,leaks}.test.ts',
      ],
      typecheck: { enabled: false },
    },
  }),
);
