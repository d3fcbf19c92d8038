import { defineConfig } from 'tsup';

export default defineConfig({
  // `jwks` is not public: `index` loads it, and jose with it, when the first token needs it.
  entry: { index: 'src/index.ts', 'functions/index': 'functions/index.ts', jwks: 'src/keys/jwks.ts' },
  format: 'esm',
  target: 'es2022',
  // `functions` imports the root entry by the package's own name, so there is one copy of `AuthError`.
  external: ['intentkit', 'intentkit-auth'],
  splitting: true,
  esbuildOptions: (options) => {
    // What `index` and `jwks` share; a fixed name, as the package lists its files.
    options.chunkNames = '[name]';
  },
  sourcemap: true,
  clean: true,
  // tsup 8 sets `baseUrl`, which TypeScript 6 deprecates.
  dts: {
    entry: { index: 'src/index.ts', 'functions/index': 'functions/index.ts' },
    compilerOptions: { ignoreDeprecations: '6.0' },
  },
});
