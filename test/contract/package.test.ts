// Packs the package, installs it as a user would, and looks at what arrives. Of the network it needs nothing.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { SourceMap } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '@modelcontextprotocol/client';
import { jwtVerify } from 'jose';
import ts from 'typescript';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { ensureBuilt } from '../support/built.js';
import { answerOf, connectAgent } from '../support/mcp-agent.js';

// npm and other processes, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 300_000 });

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = randomBytes(48).toString('base64url');

const DOCUMENTS = ['CHANGELOG.md', 'LICENSE', 'README.md', 'SECURITY.md'];
const GUIDES = (await readdir(join(ROOT, 'docs'))).map((file) => `docs/${file}`);
/** What a user's project has besides the package. */
const BESIDES = ['jose', 'zod', '@modelcontextprotocol/server', '@types/node'];

const ENTRIES = [
  {
    entry: 'dist/index',
    imports: ['jose/errors', 'jose/jws/compact/sign', 'jose/jws/compact/verify', 'jose/key/import'],
    types: [],
    exports: ['AuthError', 'VERIFY_FAILURES', 'createAuthClient', 'createAuthProvider'],
    text: 'ERR_NO_SIGNING_KEY',
    source: 'src/client/client.ts',
  },
  {
    entry: 'dist/functions/index',
    imports: ['intentkit', 'intentkit-auth'],
    types: ['intentkit', 'intentkit-auth'],
    exports: [
      'createToken',
      'createTokenFunctions',
      'decodeToken',
      'getAuthClient',
      'revokeToken',
      'verifyToken',
    ],
    text: 'it is always the time of signing',
    source: 'functions/tokens.ts',
  },
  {
    entry: 'dist/revocation/index',
    imports: ['intentkit-auth'],
    types: ['intentkit-auth'],
    exports: ['createRevocationList'],
    text: 'is not an option of createRevocationList',
    source: 'revocation/options.ts',
  },
  {
    entry: 'dist/mcp/index',
    imports: ['@modelcontextprotocol/server', 'intentkit-auth', 'jose'],
    types: ['intentkit-auth'],
    exports: ['createTokenVerifier', 'protectMcp'],
    text: 'insufficient_scope',
    source: 'gate/refusals.ts',
  },
  {
    entry: 'dist/testing/index',
    imports: ['jose'],
    types: ['intentkit-auth'],
    exports: ['createTestIssuer'],
    text: 'createTestIssuer',
    source: 'testing/issuer.ts',
  },
];
const TARBALL = ENTRIES.flatMap(({ entry }) => [`${entry}.d.ts`, `${entry}.js`, `${entry}.js.map`])
  .concat(
    'dist/cli/main.js',
    'dist/cli/main.js.map',
    'dist/LICENSE.zod.txt',
    'package.json',
    DOCUMENTS,
    GUIDES,
  )
  .toSorted();

const work = await mkdtemp(join(tmpdir(), 'intentkit-auth-package-'));
afterAll(() => rm(work, { recursive: true, force: true }));
let complaints: string[];
/** A project in which npm installed the package alone, one that has the stand-in for IntentKit too, and the package. */
const bare = join(work, 'bare');
const app = join(work, 'app');
const installed = join(bare, 'node_modules/intentkit-auth');

const ofRepository = (name: string): string => join(ROOT, 'node_modules', name);
const read = (file: string): Promise<string> => readFile(join(installed, file), 'utf8');

beforeAll(async () => {
  await ensureBuilt();
  // What `prepare` would do is done.
  await npm(ROOT, 'pack', '--ignore-scripts', `--pack-destination=${work}`);
  const [tarball = ''] = (await readdir(work)).filter((file) => file.endsWith('.tgz'));
  await createProject(bare);
  // `install-links` copies a folder as it would be published, where npm would otherwise make a link to it.
  const options = ['--install-links', '--ignore-scripts'];
  await npm(bare, 'install', ...options, join(work, tarball), ofRepository('jose'));
  await createProject(app);
  await cp(join(ROOT, 'test/contract/consumer'), app, { recursive: true });
  await cp(installed, join(app, 'node_modules/intentkit-auth'), { recursive: true });
  for (const file of ['package.json', 'dist']) {
    await cp(join(ROOT, 'host', file), join(app, 'node_modules/intentkit', file), { recursive: true });
  }
  for (const name of BESIDES) {
    await mkdir(dirname(join(app, 'node_modules', name)), { recursive: true });
    await symlink(ofRepository(name), join(app, 'node_modules', name), 'junction');
  }
  complaints = ['tsconfig.json', 'tsconfig.bundler.json'].flatMap(compile);
});

async function createProject(folder: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
}

interface Execution {
  readonly status: number | string | null | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

function execute(cwd: string, command: string, args: readonly string[], env = {}): Promise<Execution> {
  return new Promise((resolve) => {
    // Not the whole environment: npm, which may run this, tells its children by variables which project is meant.
    execFile(command, args, { cwd, env: { PATH: process.env.PATH, ...env } }, (error, stdout, stderr) =>
      resolve({ status: error ? error.code : 0, stdout, stderr }),
    );
  });
}

async function npm(cwd: string, ...args: readonly string[]): Promise<void> {
  const options = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  const { status, stdout, stderr } = await execute(cwd, 'npm', [...args, ...options], { HOME: work });
  if (status !== 0) throw new Error(`npm ${args[0]} failed: ${stdout}${stderr}`);
}

/** Compiles the programs of `app`. Of the declarations it checks those of the package, and not those of others. */
function compile(config: string): string[] {
  const { config: json } = ts.readConfigFile(join(app, config), ts.sys.readFile);
  const { fileNames, options } = ts.parseJsonConfigFileContent(
    json,
    ts.sys,
    app,
    undefined,
    join(app, config),
  );
  const program = ts.createProgram(fileNames, options);
  const checked = program
    .getSourceFiles()
    .filter(({ fileName }) => /\/intentkit(-auth)?\/|^(?!.*node_modules)/.test(fileName));
  // File by file, because to emit a whole program checks all of its declarations first.
  const emitted = checked
    .filter(({ isDeclarationFile }) => !isDeclarationFile)
    .flatMap((file) => program.emit(file).diagnostics);
  return checked
    .flatMap((file) => ts.getPreEmitDiagnostics(program, file))
    .concat(emitted)
    .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
}

/** Runs a compiled program of `consumer/`, expects it to succeed in silence, and returns what it printed. */
async function run(program: string, project = app): Promise<string> {
  const env = { JWT_SECRET: SECRET };
  const { status, stdout, stderr } = await execute(project, process.execPath, [program], env);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return stdout;
}

/** Starts a compiled server of `consumer/` and connects to it. */
async function connect(program: string): Promise<Client> {
  const agent = await connectAgent({ args: [program], cwd: app, env: { JWT_SECRET: SECRET } });
  onTestFinished(() => agent.close());
  return agent;
}

const claimsOf = async (token: unknown, expected = {}) =>
  (await jwtVerify(String(token), new TextEncoder().encode(SECRET), expected)).payload;

/** Every module that a file imports, statically or not, or requires. */
const importsOf = async (file: string): Promise<string[]> => [
  ...new Set(ts.preProcessFile(await read(file), true, true).importedFiles.map(({ fileName }) => fileName)),
];

/** What each specifier leads to in a project: the file and its exports, or the code of an error. */
async function load(project: string, specifiers: readonly string[]): Promise<Record<string, unknown>> {
  const program = `const found = {};
    for (const name of ${JSON.stringify(specifiers)}) {
      const type = name.endsWith('.json') ? { with: { type: 'json' } } : {};
      found[name] = await import(name, type).then(Object.keys, ({ code }) => code);
    }
    process.stdout.write(JSON.stringify(found));`;
  const { stdout } = await execute(project, process.execPath, ['--input-type=module', '--eval', program]);
  return JSON.parse(stdout);
}

it('The tarball holds exactly the entries with types and maps, the documents and the licence of zod', async () => {
  const files = await readdir(installed, { recursive: true, withFileTypes: true });
  const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
  expect(paths.map((path) => relative(installed, path)).toSorted()).toEqual(TARBALL);
});

it('The package brings jose and nothing else, not even the optional peer', async () => {
  const { packages } = JSON.parse(await readFile(join(bare, 'package-lock.json'), 'utf8'));
  expect(Object.keys(packages)).toEqual(['', 'node_modules/intentkit-auth', 'node_modules/jose']);
  expect(packages['node_modules/intentkit-auth']).toMatchObject({
    dependencies: { jose: expect.any(String) },
    peerDependenciesMeta: { intentkit: { optional: true } },
  });
  expect(Object.keys(packages['node_modules/intentkit-auth'].dependencies)).toEqual(['jose']);
});

it('No packed file names a folder of the machine that built it', async () => {
  const texts = await Promise.all(TARBALL.map(read));
  const folders = [work, ROOT, tmpdir()];
  expect(TARBALL.filter((_, index) => folders.some((folder) => texts[index]?.includes(folder)))).toEqual([]);
});

it.each(ENTRIES)('The code of $entry imports $imports and no module of Node', async ({ entry, imports }) => {
  expect((await importsOf(`${entry}.js`)).toSorted()).toEqual(imports);
  expect(await read(`${entry}.js`)).not.toMatch(/\brequire\b/);
});

it.each(ENTRIES)('The map of $entry leads a debugger to $source', async ({ entry, text, source }) => {
  const code = await read(`${entry}.js`);
  expect(code).toContain('//# sourceMappingURL=index.js.map');
  const lines = code.split('\n');
  const line = lines.findIndex((candidate) => candidate.includes(text));
  const map = new SourceMap(JSON.parse(await read(`${entry}.js.map`)));
  const found = map.findEntry(line, lines[line]?.indexOf(text) ?? -1);
  if (!('originalSource' in found)) throw new Error(`Line ${line} is not in the map.`);
  const { sources, sourcesContent } = map.payload;
  const paths = sources.map((path) => path.replace(/^(\.\.\/)+/, ''));
  expect(
    paths.filter((path) => !/^(src|functions|revocation|gate|mcp|testing|node_modules\/zod)\//.test(path)),
  ).toEqual([]);
  expect(found.originalSource.endsWith(`../${source}`)).toBe(true);
  const original = await readFile(join(ROOT, source), 'utf8');
  expect(sourcesContent[paths.indexOf(source)]).toBe(original);
  expect(original.split('\n')[found.originalLine]).toContain(text);
});

it.each(ENTRIES)(
  'The types of $entry refer to $types, and show nothing internal',
  async ({ entry, types }) => {
    expect((await importsOf(`${entry}.d.ts`)).toSorted()).toEqual(types);
    expect(await read(`${entry}.d.ts`)).not.toMatch(
      /clientFrom|KeySource|SignatureEngine|parseConfig|["'](\.|src)\//,
    );
  },
);

it('The types of the functions name nothing of IntentKit that the specification does not', async () => {
  const types = await read('dist/functions/index.d.ts');
  const uses = types.matchAll(/\bintentkit\.(\w+)|import \{ ([^}]+) \} from 'intentkit'/g);
  const names = [...uses].flatMap(([, used, named = '']) => used ?? named.split(', '));
  expect(names).toContain('z');
  const specified = ['defineFunction', 'IntentRegistry', 'createContext', 'serve', 'z'];
  expect(names.filter((name) => !specified.includes(name))).toEqual([]);
});

it('The entries are three and the manifest, and there is no other way in', async () => {
  const paths = TARBALL.filter((file) => file !== 'package.json').concat(
    'src/client/client.js',
    'functions/index.js',
    'revocation/index.js',
  );
  const specifiers = [
    'intentkit-auth',
    ...['functions', 'revocation', 'package.json', ...paths].map((path) => `intentkit-auth/${path}`),
  ];
  expect(await load(app, specifiers)).toEqual({
    ...Object.fromEntries(specifiers.map((specifier) => [specifier, 'ERR_PACKAGE_PATH_NOT_EXPORTED'])),
    'intentkit-auth': ENTRIES[0]?.exports,
    'intentkit-auth/functions': ENTRIES[1]?.exports,
    'intentkit-auth/revocation': ENTRIES[2]?.exports,
    'intentkit-auth/package.json': ['default'],
  });
});

it('The root entry and the revocation list load without IntentKit, and the functions say that it is missing', async () => {
  expect(
    await load(bare, ['intentkit-auth', 'intentkit-auth/functions', 'intentkit-auth/revocation']),
  ).toEqual({
    'intentkit-auth': ENTRIES[0]?.exports,
    'intentkit-auth/functions': 'ERR_MODULE_NOT_FOUND',
    'intentkit-auth/revocation': ENTRIES[2]?.exports,
  });
});

it('The functions throw the AuthError that the root entry exports', async () => {
  expect(JSON.parse(await run('out/errors.js'))).toBe('ERR_SIGN_INPUT');
});

it('The code of the specification compiles unchanged under both module resolutions', () => {
  expect(complaints).toEqual([]);
});

it('The client works in a project without IntentKit', async () => {
  await cp(join(app, 'out/client.js'), join(bare, 'client.js'));
  const payload = { role: 'editor', sub: 'user-1', iat: expect.any(Number), exp: expect.any(Number) };
  expect(JSON.parse(await run('client.js', bare))).toEqual({
    verdict: { valid: true, expired: false, payload },
    payload,
    known: true,
    keys: 'none',
    ignored: [],
    warnings: ['WEAK_SECRET', 'SHARED_ISSUER'],
    codes: ['ERR_AUTH_CONFIG'],
    healthy: true,
  });
});

it('The custom function of the specification signs a token for a day', async () => {
  const agent = await connect('out/custom-function.js');
  const { token } = await answerOf(agent, 'login_user', { user_id: 'user-1', role: 'editor' });
  const { sub, role, exp = 0, iat } = await claimsOf(token);
  expect({ sub, role, iat }).toEqual({ sub: 'user-1', role: 'editor', iat: exp - 24 * 60 * 60 });
});

it('The quick start of the specification serves the ready-made functions', async () => {
  const agent = await connect('out/specification/quick-start.js');
  const { tools } = await agent.listTools();
  expect(tools.map(({ name }) => name)).toEqual(['create_token', 'verify_token', 'decode_token']);
  const { token } = await answerOf(agent, 'create_token', { subject: 'user-1', claims: { role: 'editor' } });
  const payload = await claimsOf(token, { algorithms: ['HS256'], issuer: 'my-service', audience: 'my-api' });
  expect(payload).toMatchObject({ sub: 'user-1', role: 'editor', iat: Number(payload.exp) - 60 * 60 });
  expect(await answerOf(agent, 'verify_token', { token })).toEqual({ valid: true, expired: false, payload });
  expect(await answerOf(agent, 'decode_token', { token })).toEqual({ payload });
});

it('Each configuration of the specification makes a provider', async () => {
  expect(await run('out/specification/configs.js')).toBe('');
});

it('The example functions of the specification have its intents and permissions', async () => {
  const intents = [
    ['create_token', 'Create a signed JWT token with custom claims', 'auth:sign'],
    ['verify_token', "Verify a token's signature and expiration", 'auth:verify'],
    ['decode_token', 'Decode a token without verification', 'auth:read'],
  ];
  expect(JSON.parse(await run('out/specification/example-functions.js'))).toEqual(
    intents.map(([name, intent, permission]) => ({
      name,
      intent,
      permissions: [permission],
      requires: ['auth'],
    })),
  );
});
