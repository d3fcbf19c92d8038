import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import tsconfig from './tsconfig.json' with { type: 'json' };

/** The package and the stand-in for IntentKit, by their names: the sources, as for TypeScript. */
const alias = Object.entries(tsconfig.compilerOptions.paths).map(([name, [file = '']]) => ({
  find: new RegExp(`^${name}$`),
  replacement: fileURLToPath(new URL(file, import.meta.url)),
}));

const BUILT = ['test/support/built.ts'];
/** A layer of tests: a folder of `test/`. */
const layer = (name: string, globalSetup: string[] = [], folders = name) => ({
  extends: true as const,
  test: { name, include: [`test/${folders}/**/*.test.ts`], globalSetup },
});
// `npx vitest run --project unit` runs one layer. Without that option, all layers are one project, because each project
// starts its own workers, and each worker imports everything again.
const PROJECTS = process.argv.some((argument) => argument.startsWith('--project'))
  ? [layer('unit'), layer('contract', BUILT), layer('oracle'), layer('e2e', BUILT)]
  : [layer('all', BUILT, '{unit,contract,oracle,e2e}')];

export default defineConfig({
  resolve: { alias },
  test: {
    projects: PROJECTS,
    setupFiles: ['test/support/setup.ts'],
    reporters: ['default'],
    testTimeout: 20_000,
    // The files of a worker share what they import: to import it again for each file takes longer than most tests.
    isolate: false,
    // Two more than there are cores, because some tests wait for timeouts and for other processes.
    maxWorkers: availableParallelism() + 2,
    // Tests make many short-lived objects: with more room for those, the garbage collection takes a tenth less of all time.
    execArgv: ['--max-semi-space-size=64'],
  },
});
