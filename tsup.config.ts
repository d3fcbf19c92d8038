import { copyFile, readFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import type { Plugin } from 'esbuild';
import { defineConfig } from 'tsup';
import ts from 'typescript';

const entry = {
  index: 'src/index.ts',
  'functions/index': 'functions/index.ts',
  'revocation/index': 'revocation/index.ts',
  'http/index': 'http/index.ts',
  'mcp/index': 'mcp/index.ts',
  'introspection/index': 'introspection/index.ts',
  'downstream/index': 'downstream/index.ts',
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
    // esbuild removes a module whose exports are not used, unless the module has side effects.
    onResolve({ filter: /\.[jt]s$/ }, ({ path, resolveDir }) =>
      !resolveDir.includes('node_modules') && (path.startsWith('.') || isAbsolute(path))
        ? { path: resolve(resolveDir, path.replace(/\.js$/, '.ts')), sideEffects: true }
        : undefined,
    );
  },
};

/**
 * Writes declaration files for the entries and for the sources that their types refer to. Exports with the tag `@internal` are
 * left out. It does not check types, because `npm run typecheck` does, and it does not bundle them. That takes a fifth of the
 * processor time of tsup's `dts`, and a third of its memory. `ts.transpileDeclaration` would save another second, but the
 * types in functions/tokens.ts follow from its schemas, and would have to be written beside them.
 */
function writeTypes(): void {
  const { config } = ts.readConfigFile('tsconfig.json', ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, '.');
  const declarations: ts.CompilerOptions = {
    ...options,
    // Reading the types of Node would take half of the time, and no public type needs them.
    types: [],
    noEmit: false,
    allowImportingTsExtensions: false,
    noCheck: true,
    declaration: true,
    emitDeclarationOnly: true,
    stripInternal: true,
    rootDir: '.',
    outDir: 'dist/types',
  };
  const host = ts.createCompilerHost(declarations);
  // Comments are copied as they are. Parsing those of all libraries would take a tenth of the time.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseNone;
  const program = ts.createProgram(Object.values(entry), declarations, host);
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
  // Only the used parts of zod are bundled. The whole of zod takes longer to load than everything else.
  noExternal: ['zod'],
  // All entries share one copy of each module, so that there is only one `AuthError` class.
  splitting: true,
  esbuildPlugins: [importRoot],
  clean: true,
  async onSuccess() {
    writeTypes();
    // This file is written last. Tests take it as the sign that the build succeeded.
    await copyFile('node_modules/zod/LICENSE', 'dist/LICENSE.zod.txt');
  },
});
