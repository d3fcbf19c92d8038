import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import tsconfig from './tsconfig.json' with { type: 'json' };

/** The package and the stand-in for IntentKit, by their names: the sources, as for TypeScript. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, [file = '']]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(file, import.meta.url)),
}));

/** One layer of tests: a folder of `test/`. `npx vitest run --project unit` runs one. */
const layer = (name: string, globalSetup: string[] = []) => ({
  extends: true as const,
  test: { name, include: [`test/${name}/**/*.test.ts`], globalSetup },
});
const BUILT = ['test/support/built.ts'];

export default defineConfig({
  resolve: { alias },
  test: {
    projects: [layer('unit'), layer('contract', BUILT), layer('oracle'), layer('e2e', BUILT)],
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
