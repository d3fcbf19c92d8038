// Packs the package, installs it as a user would, and looks at what arrives.
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { build, type Metafile } from 'esbuild';
import ts from 'typescript';
import { beforeAll, expect, it, vi } from 'vitest';
import { ROOT, runToEnd } from '../support/built-project.js';
import { installPacked, type PackedProject } from '../support/packed.js';

// npm and other processes, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 300_000 });

interface Entry {
  /** Its functions, classes and constants. */
  readonly exports: readonly string[];
  /** The npm modules that are loaded with it. */
  readonly imports: readonly string[];
  /** Those that its types refer to. */
  readonly types: readonly string[];
}

/** What the root, and so each entry, loads when it is needed. */
const LATER = [
  'jose/errors',
  'jose/jwk/thumbprint',
  'jose/jws/compact/sign',
  'jose/jws/compact/verify',
  'jose/key/import',
];
const ENTRIES: Readonly<Record<string, Entry>> = {
  '.': {
    exports: ['AuthError', 'VERIFY_FAILURES', 'createAuthClient', 'createAuthProvider'],
    imports: [],
    types: [],
  },
  './functions': {
    exports: [
      'createToken',
      'createTokenFunctions',
      'decodeToken',
      'getAuthClient',
      'revokeToken',
      'verifyToken',
    ],
    imports: ['intentkit'],
    types: ['intentkit'],
  },
  './revocation': { exports: ['createRevocationList'], imports: [], types: [] },
  './http': { exports: ['protectApi'], imports: [], types: [] },
  './mcp': {
    exports: ['createTokenVerifier', 'protectMcp'],
    imports: [],
    types: [],
  },
  './introspection': { exports: ['createIntrospection'], imports: [], types: [] },
  './downstream': { exports: ['createDownstream'], imports: [], types: [] },
  './testing': { exports: ['createTestIssuer'], imports: ['jose'], types: [] },
};

let project: PackedProject;
/** What is in the package, as paths. */
let files: string[];
let manifest: { exports: Record<string, { types: string; default: string } | string>; scripts: object };
let graph: Metafile['inputs'];

beforeAll(async () => {
  project = await installPacked();
  const { installed } = project;
  const found = await readdir(installed, { recursive: true, withFileTypes: true });
  files = found
    .filter((file) => file.isFile())
    .map((file) => relative(installed, join(file.parentPath, file.name)))
    .toSorted();
  manifest = JSON.parse(await read('package.json'));
  graph = await importsOf(files.filter((file) => file.endsWith('.js')));
  return () => project.remove();
});

const read = (file: string): Promise<string> => readFile(join(project.installed, file), 'utf8');

/** The file of an entry: its code, or its types. */
function fileOf(entry: string, kind: 'types' | 'default'): string {
  const target = manifest.exports[entry];
  if (typeof target !== 'object') throw new Error(`"${entry}" is not an entry.`);
  return target[kind].replace('./', '');
}

/** What each file of code imports, and how. */
async function importsOf(code: string[]): Promise<Metafile['inputs']> {
  const { metafile } = await build({
    entryPoints: code,
    absWorkingDir: project.installed,
    bundle: true,
    packages: 'external',
    platform: 'neutral',
    format: 'esm',
    outdir: 'unused',
    write: false,
    metafile: true,
    tsconfigRaw: {},
  });
  return metafile.inputs;
}

/** A file and all that it leads to: files of the package, and modules of others. */
function reachedFrom(file: string, next: (file: string) => readonly string[]): string[] {
  const reached = new Set([file]);
  // Iterating a Set also visits items added during the loop.
  for (const one of reached) for (const other of next(one)) reached.add(other);
  return [...reached];
}
const codeOf = (file: string, kinds = ['import-statement', 'dynamic-import']): string[] =>
  reachedFrom(file, (one) =>
    (graph[one]?.imports ?? []).filter(({ kind }) => kinds.includes(kind)).map(({ path }) => path),
  );
const typesOf = (file: string): string[] =>
  reachedFrom(file, (one) =>
    files.includes(one)
      ? ts
          .preProcessFile(ts.sys.readFile(join(project.installed, one)) ?? '')
          .importedFiles.map(({ fileName }) =>
            fileName.startsWith('.')
              ? join(dirname(one), fileName.replace(/\.js$/, '.d.ts')).replaceAll('\\', '/')
              : fileName,
          )
      : [],
  );
const notOfPackage = (reached: readonly string[]): string[] =>
  reached.filter((path) => !files.includes(path)).toSorted();

it('npm installs the package without a warning, and the package has no install scripts', () => {
  expect(project.stderr).toBe('');
  // What npm takes for scripts of an installation. `prepare` is one of them, although it runs only in a checkout.
  const lifecycle = /^(pre|post)?(install|prepare)$|^prepublish$/;
  expect(Object.keys(manifest.scripts).filter((name) => lifecycle.test(name))).toEqual([]);
});

it('The manifest has the entries that this test lists, and no other', () => {
  expect(Object.keys(manifest.exports)).toEqual([...Object.keys(ENTRIES), './package.json']);
});

it('The package holds the entries, what they import, their types, the documents and the licence of zod', async () => {
  const entries = Object.keys(ENTRIES);
  const code = [...entries.map((entry) => fileOf(entry, 'default')), 'dist/cli/main.js'];
  const types = entries.map((entry) => fileOf(entry, 'types'));
  const reached = [...code.flatMap((file) => codeOf(file)), ...types.flatMap(typesOf)];
  const shared = [...new Set(reached)].filter(
    (file) => files.includes(file) && ![...code, ...types].includes(file),
  );
  expect(shared.filter((file) => !/^dist\/(chunk-\w{8}\.js|types\/[\w/-]+\.d\.ts)$/.test(file))).toEqual([]);
  const guides = (await readdir(join(ROOT, 'docs'))).map((file) => `docs/${file}`);
  const documents = [
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'SECURITY.md',
    'dist/LICENSE.zod.txt',
    ...guides,
  ];
  expect(files).toEqual([...code, ...types, ...shared, ...documents, 'package.json'].toSorted());
});

it('The package brings jose and nothing else, not even the optional peer', async () => {
  const lock = await readFile(join(project.folder, 'package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock);
  expect(Object.keys(packages)).toEqual(['', 'node_modules/intentkit-auth', 'node_modules/jose']);
  expect(packages['node_modules/intentkit-auth']).toMatchObject({
    dependencies: { jose: expect.any(String) },
    peerDependencies: { intentkit: '*' },
    peerDependenciesMeta: { intentkit: { optional: true } },
  });
  expect(Object.keys(packages['node_modules/intentkit-auth'].dependencies)).toEqual(['jose']);
});

it('No packed file names a folder of the machine that built it', async () => {
  const texts = await Promise.all(files.map(read));
  const folders = [project.folder, ROOT, dirname(project.folder)];
  expect(files.filter((_, index) => folders.some((folder) => texts[index]?.includes(folder)))).toEqual([]);
});

it.each(Object.entries(ENTRIES))(
  'The code of "%s" imports its modules, at once or when they are needed, and none of Node',
  async (entry, { imports }) => {
    const file = fileOf(entry, 'default');
    const atOnce = notOfPackage(codeOf(file, ['import-statement']));
    expect(atOnce).toEqual(imports);
    expect(notOfPackage(codeOf(file)).filter((module) => !atOnce.includes(module))).toEqual(LATER);
    const texts = await Promise.all(
      codeOf(file)
        .filter((path) => files.includes(path))
        .map(read),
    );
    expect(texts.join('\n')).not.toMatch(/\brequire\b/);
  },
);

it('The root entry imports one file, because each further file delays the first token', () => {
  expect(codeOf(fileOf('.', 'default'), ['import-statement'])).toHaveLength(2);
});

it.each(Object.entries(ENTRIES))('The types of "%s" refer to its modules', (entry, { types }) => {
  expect(notOfPackage(typesOf(fileOf(entry, 'types')))).toEqual(types);
});

it('The types declare nothing but what an entry exports, and what that refers to', () => {
  const { installed } = project;
  const entries = Object.keys(ENTRIES).map((entry) => join(installed, fileOf(entry, 'types')));
  const program = ts.createProgram(entries, {
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    noLib: true,
  });
  const checker = program.getTypeChecker();
  const isOurs = (node: ts.Node): boolean => node.getSourceFile().fileName.startsWith(installed);
  const used = new Set<ts.Node>();
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) use(checker.getSymbolAtLocation(node));
    ts.forEachChild(node, visit);
  };
  const use = (found: ts.Symbol | undefined): void => {
    const symbol = found && found.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(found) : found;
    for (const declaration of symbol?.declarations ?? []) {
      if (used.has(declaration) || !isOurs(declaration)) continue;
      used.add(declaration);
      visit(declaration);
    }
  };
  const sources = program.getSourceFiles().filter(isOurs);
  for (const source of sources.filter(({ fileName }) => entries.includes(fileName))) {
    const symbol = checker.getSymbolAtLocation(source);
    if (symbol) checker.getExportsOfModule(symbol).forEach(use);
  }
  const statements = sources.flatMap((source): ts.Node[] => [...source.statements]);
  const declared = statements
    .flatMap((one) => (ts.isVariableStatement(one) ? [...one.declarationList.declarations] : [one]))
    .filter((one) => !ts.isImportDeclaration(one) && !ts.isExportDeclaration(one));
  expect(declared.length).toBeGreaterThan(entries.length);
  // What is named here needs the tag `@internal`.
  expect(declared.filter((one) => !used.has(one)).map((one) => one.getText())).toEqual([]);
});

it('The types of the functions name nothing of IntentKit that the specification does not', async () => {
  const texts = await Promise.all(
    typesOf(fileOf('./functions', 'types'))
      .filter((file) => files.includes(file))
      .map(read),
  );
  const uses = texts
    .join('\n')
    .matchAll(/\bintentkit\.(\w+)|import (?:type )?\{ ([^}]+) \} from 'intentkit'/g);
  const names = [...uses].flatMap(([, used, named = '']) => used ?? named.split(', '));
  expect(names).toContain('z');
  const specified = ['defineFunction', 'IntentRegistry', 'createContext', 'serve', 'z'];
  expect(names.filter((name) => !specified.includes(name))).toEqual([]);
});

/** What each specifier leads to in the project: the exports, or the code of an error. */
async function load(specifiers: readonly string[]): Promise<Record<string, unknown>> {
  const program = `const found = {};
    for (const name of ${JSON.stringify(specifiers)}) {
      const type = name.endsWith('.json') ? { with: { type: 'json' } } : {};
      found[name] = await import(name, type).then(Object.keys, ({ code }) => code);
    }
    process.stdout.write(JSON.stringify(found));`;
  const args = ['--input-type=module', '--eval', program];
  const { stdout } = await runToEnd(process.execPath, args, { cwd: project.folder });
  return JSON.parse(stdout);
}

it('Each entry loads in a project without IntentKit, except the functions, which say that it is missing', async () => {
  const expected = Object.entries(ENTRIES).map(([entry, { exports, imports }]) => [
    `intentkit-auth${entry.slice(1)}`,
    imports.includes('intentkit') ? 'ERR_MODULE_NOT_FOUND' : exports,
  ]);
  expect(await load(expected.map(([specifier]) => String(specifier)))).toEqual(Object.fromEntries(expected));
});

it('Only the entries and package.json can be imported', async () => {
  const paths = [
    'src/client/client.js',
    'functions/index.js',
    'dist',
    ...files.filter((file) => file !== 'package.json'),
  ];
  const specifiers = paths.map((path) => `intentkit-auth/${path}`);
  const found = await load([...specifiers, 'intentkit-auth/package.json']);
  expect(found).toEqual({
    ...Object.fromEntries(specifiers.map((specifier) => [specifier, 'ERR_PACKAGE_PATH_NOT_EXPORTED'])),
    'intentkit-auth/package.json': ['default'],
  });
});

it('No source imports the package by its name, or shares anything by the registry of symbols', async () => {
  const folders = new Set(
    Object.keys(ENTRIES).map((entry) => fileOf(entry, 'types').replace(/^dist\/types\/(\w+)\/.*/, '$1')),
  );
  const sources = await Promise.all(
    [...folders, 'gate', 'oauth', 'cli'].map(async (folder) => {
      const names = await readdir(join(ROOT, folder), { recursive: true });
      return names.filter((name) => name.endsWith('.ts')).map((name) => join(ROOT, folder, name));
    }),
  );
  const texts = await Promise.all(sources.flat().map((file) => readFile(file, 'utf8')));
  const imported = texts.flatMap((text) =>
    ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName),
  );
  expect(imported.length).toBeGreaterThan(0);
  expect(imported.filter((name) => name.startsWith('intentkit-auth'))).toEqual([]);
  expect(texts.filter((text) => text.includes('Symbol.for('))).toEqual([]);
});
