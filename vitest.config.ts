import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** One layer of tests: a folder of `test/`. `npx vitest run --project unit` runs one. */
const layer = (name: string) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`] },
});

export default defineConfig({
  resolve: {
    alias: [
      { find: /^intentkit-auth\/functions$/, replacement: path('functions/index.ts') },
      { find: /^intentkit-auth\/revocation$/, replacement: path('revocation/index.ts') },
      { find: /^intentkit-auth\/mcp$/, replacement: path('mcp/index.ts') },
      { find: /^intentkit-auth\/testing$/, replacement: path('testing/index.ts') },
      { find: /^intentkit-auth$/, replacement: path('src/index.ts') },
      { find: /^intentkit$/, replacement: path('host/src/index.ts') },
    ],
  },
  test: {
    projects: [layer('unit'), layer('contract'), layer('oracle'), layer('e2e')],
    setupFiles: ['test/support/setup.ts'],
    reporters: ['default'],
    testTimeout: 20_000,
    // The files of a worker share what they import: to import it again for each file takes longer than most tests.
    isolate: false,
    // One more than there are cores, because some tests wait for timeouts and for other processes.
    maxWorkers: availableParallelism() + 1,
    // Tests make many short-lived objects: with more room for those, the garbage collection takes a tenth less of all time.
    execArgv: ['--max-semi-space-size=64'],
  },
});
