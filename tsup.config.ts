import { defineConfig } from 'tsup';

export default defineConfig({
  entry: { index: 'src/index.ts', 'functions/index': 'functions/index.ts' },
  format: 'esm',
  target: 'es2022',
  // `functions` imports the root entry by the package's own name, so there is one copy of `AuthError`.
  external: ['intentkit', 'intentkit-auth'],
  splitting: false,
  sourcemap: true,
  clean: true,
  // tsup 8 sets `baseUrl`, which TypeScript 6 deprecates.
  dts: { compilerOptions: { ignoreDeprecations: '6.0' } },
});
