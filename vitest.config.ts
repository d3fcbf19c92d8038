import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^intentkit-auth\/functions$/, replacement: path('functions/index.ts') },
      { find: /^intentkit-auth$/, replacement: path('src/index.ts') },
      { find: /^intentkit$/, replacement: path('host/src/index.ts') },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    typecheck: { enabled: true, include: ['test/**/*.test-d.ts'] },
    reporters: ['default'],
    testTimeout: 20_000,
    // By default one core is left to the reporter, which on two cores doubles the time.
    maxWorkers: 2,
  },
});
