import { copyFile } from 'node:fs/promises';
import { defineConfig } from 'tsup';

const entry = {
  index: 'src/index.ts',
  'functions/index': 'functions/index.ts',
  'revocation/index': 'revocation/index.ts',
  'mcp/index': 'mcp/index.ts',
  'testing/index': 'testing/index.ts',
};
/** The command line has no types to publish. */
const command = { 'cli/main': 'cli/main.ts' };

export default defineConfig({
  entry: { ...entry, ...command },
  format: 'esm',
  target: 'es2022',
  external: ['intentkit', 'jose'],
  // zod is bundled, without what is not used: imported whole, it takes longer to load than all else.
  noExternal: ['zod'],
  // All entries share one copy of each module, so that there is one `AuthError`.
  splitting: true,
  clean: true,
  // tsup 8 sets `baseUrl`, which TypeScript 6 deprecates.
  dts: { entry, compilerOptions: { ignoreDeprecations: '6.0' } },
  onSuccess: () => copyFile('node_modules/zod/LICENSE', 'dist/LICENSE.zod.txt'),
});
