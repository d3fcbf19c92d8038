import { copyFile, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { defineConfig } from 'tsup';
import ts from 'typescript';

const entry = {
  index: 'src/index.ts',
  'functions/index': 'functions/index.ts',
  'revocation/index': 'revocation/index.ts',
  'mcp/index': 'mcp/index.ts',
  'testing/index': 'testing/index.ts',
};
/** The command line has no types to publish. */
const command = { 'cli/main': 'cli/main.ts' };

/**
 * Makes every entry import the whole root. esbuild puts modules into one chunk when the same entries use them. Without
 * this plugin, the root consists of a dozen small chunks, and its first token takes a quarter longer.
 */
const importRoot: Plugin = {
  name: 'import-root',
  setup({ onResolve, onLoad }) {
    const root = resolve(entry.index);
    const others = Object.values({ ...entry, ...command })
      .map((path) => resolve(path))
      .filter((path) => path !== root);
    onLoad({ filter: /\.ts$/ }, async ({ path }) =>
      others.includes(path)
        ? { contents: `${await readFile(path, 'utf8')}\nimport ${JSON.stringify(root)};`, loader: 'ts' }
        : undefined,
    );
    // esbuild leaves out a module of which nothing is used, unless it has side effects.
    onResolve({ filter: /\.[jt]s$/ }, ({ path, resolveDir }) =>
      !resolveDir.includes('node_modules') && (path.startsWith('.') || isAbsolute(path))
        ? { path: resolve(resolveDir, path.replace(/\.js$/, '.ts')), sideEffects: true }
        : undefined,
    );
  },
};

/**
 * Writes the types: one declaration file for each entry, and for each source that the types of an entry refer to.
 * Exports with the tag `@internal` are left out. It neither checks types, as `npm run typecheck` does, nor bundles them:
 * that takes a fifth of the processor time of tsup's `dts`, and a third of the memory.
 */
function writeTypes(): void {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const program = ts.createProgram(Object.values(entry), {
    ...options,
    // The types of Node are half of the work, and no public type needs them.
    types: [],
    noEmit: false,
    allowImportingTsExtensions: false,
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: '.',
    outDir: 'dist/types',
  });
  const files = new Set(Object.values(entry));
  // Iterating a Set also visits files added during the loop.
  for (const file of files) {
    const { diagnostics } = program.emit(program.getSourceFile(file), (path, text) => {
      ts.sys.writeFile(path, text);
      for (const { fileName } of ts.preProcessFile(text).importedFiles) {
        if (fileName.startsWith('.')) files.add(join(dirname(file), fileName.replace(/\.js$/, '.ts')));
      }
    });
    for (const { messageText } of diagnostics) {
      throw new Error(`${file}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`);
    }
  }
}

export default defineConfig({
  entry: { ...entry, ...command },
  format: 'esm',
  target: 'es2022',
  external: ['intentkit', 'jose'],
  // zod is bundled, without what is not used: imported whole, it takes longer to load than all else.
  noExternal: ['zod'],
  // All entries share one copy of each module, so that there is one `AuthError`.
  splitting: true,
  esbuildPlugins: [importRoot],
  clean: true,
  async onSuccess() {
    writeTypes();
    // The last file, by which tests know that the build has ended well.
    await copyFile('node_modules/zod/LICENSE', 'dist/LICENSE.zod.txt');
  },
});
