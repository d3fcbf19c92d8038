// Packs the package and the stand-in for IntentKit, installs both as a user would, and looks at what arrives. Of the
// repository it changes nothing, and of the network it needs nothing.
import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { SourceMap, type SourceMapPayload } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { jwtVerify } from 'jose';
import { publint } from 'publint';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SECRET = randomBytes(48).toString('base64url');

/** What a build needs, and what goes into the tarball without one. */
const SOURCES = [
  'package.json',
  'tsconfig.json',
  'tsup.config.ts',
  'src',
  'functions',
  'host',
  'README.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'LICENSE',
];

/** What the packages depend on, as it would come from the registry. */
const DEPENDENCIES = ['jose', 'zod'];
const HOST_DEPENDENCIES = ['@modelcontextprotocol/server', '@modelcontextprotocol/core'];
const TYPES = ['@types/node', 'undici-types'];

const TARBALL = [
  'CHANGELOG.md',
  'LICENSE',
  'README.md',
  'SECURITY.md',
  'dist/chunk.js',
  'dist/chunk.js.map',
  'dist/functions/index.d.ts',
  'dist/functions/index.js',
  'dist/functions/index.js.map',
  'dist/index.d.ts',
  'dist/index.js',
  'dist/index.js.map',
  'dist/jose-engine.js',
  'dist/jose-engine.js.map',
  'dist/jwks.js',
  'dist/jwks.js.map',
  'package.json',
];

let work: string;
/** A project with everything. */
let app: string;
/** A project that has `intentkit-auth` and not `intentkit`. */
let bare: string;
/** `intentkit-auth` as installed. */
let installed: string;
let compilations: Readonly<Record<'nodenext' | 'bundler', Execution>>;

beforeAll(async () => {
  work = await mkdtemp(join(tmpdir(), 'intentkit-auth-package-'));
  const source = join(work, 'source');
  for (const entry of SOURCES) {
    await cp(join(ROOT, entry), join(source, entry), {
      recursive: true,
      filter: (path) => basename(path) !== 'dist' && basename(path) !== 'node_modules',
    });
  }
  await symlink(join(ROOT, 'node_modules'), join(source, 'node_modules'), 'junction');
  const [auth, host] = await Promise.all([
    pack(source),
    npm(source, 'run', 'build', '--workspace=host').then(() => pack(source, '--workspace=host')),
  ]);

  app = join(work, 'app');
  bare = join(work, 'bare');
  installed = join(app, 'node_modules/intentkit-auth');
  await Promise.all([
    install(app, [auth, host, ...[...DEPENDENCIES, ...HOST_DEPENDENCIES, ...TYPES].map(ofRepository)]),
    install(bare, [auth, ...DEPENDENCIES.map(ofRepository)]),
  ]);

  await cp(join(ROOT, 'test/contract/consumer'), app, { recursive: true });
  const [nodenext, bundler] = await Promise.all([compile('tsconfig.json'), compile('tsconfig.bundler.json')]);
  compilations = { nodenext, bundler };
}, 120_000);

afterAll(() => rm(work, { recursive: true, force: true }));

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

async function npm(cwd: string, ...args: readonly string[]): Promise<string> {
  const options = ['--offline', '--no-audit', '--no-fund', '--no-update-notifier'];
  const { status, stdout, stderr } = await execute(cwd, 'npm', [...args, ...options], { HOME: work });
  if (status !== 0) throw new Error(`npm ${args[0]} failed: ${stdout}${stderr}`);
  return stdout;
}

/** Packs, for which npm runs `prepack`. Returns the path of the tarball. */
async function pack(cwd: string, ...options: readonly string[]): Promise<string> {
  const stdout = await npm(cwd, 'pack', `--pack-destination=${work}`, ...options);
  return join(work, stdout.trim().split('\n').at(-1) ?? '');
}

async function install(project: string, packages: readonly string[]): Promise<void> {
  await mkdir(project);
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // `install-links` copies a folder as it would be published, where npm would otherwise make a link to it.
  await npm(project, 'install', '--install-links', '--ignore-scripts', ...packages);
}

const ofRepository = (name: string): string => join(ROOT, 'node_modules', name);

const compile = (config: string): Promise<Execution> =>
  execute(app, process.execPath, [join(ofRepository('typescript'), 'bin/tsc'), '-p', config]);

/** Runs a compiled program of `consumer/`. */
const run = (program: string, ...args: readonly string[]): Promise<Execution> =>
  execute(app, process.execPath, [join('out', program), ...args], { JWT_SECRET: SECRET });

/** Runs it, expects it to succeed in silence, and returns the JSON that it printed. */
async function report(program: string): Promise<unknown> {
  const { status, stdout, stderr } = await run(program);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout);
}

/** Starts a compiled server of `consumer/` and connects to it. */
async function connect(program: string): Promise<Client> {
  const client = new Client({ name: 'test-agent', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(
    new StdioClientTransport({
      command: process.execPath,
      args: [join('out', program)],
      cwd: app,
      env: { JWT_SECRET: SECRET },
      stderr: 'ignore',
    }),
  );
  return client;
}

async function call(client: Client, name: string, args: Record<string, unknown>) {
  const { structuredContent, isError } = await client.callTool({ name, arguments: args });
  expect(isError).toBeUndefined();
  return structuredContent as Record<string, string>;
}

const filesOf = async (folder: string): Promise<string[]> =>
  (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted();

const read = (file: string): Promise<string> => readFile(join(installed, file), 'utf8');

/** Every module that a file imports, statically or not, or requires. */
const importsOf = async (file: string): Promise<string[]> =>
  ts.preProcessFile(await read(file), true, true).importedFiles.map(({ fileName }) => fileName);

const published = (suffix: string): string[] => TARBALL.filter((file) => file.endsWith(suffix));

describe('the tarball', () => {
  it('holds exactly these files', async () => {
    expect(await filesOf(installed)).toEqual(TARBALL);
  });

  it('is installed as a copy, with its dependencies, and without the optional peer', async () => {
    const packages = async (project: string) =>
      Object.entries(JSON.parse(await readFile(join(project, 'package-lock.json'), 'utf8')).packages)
        .map(([path, entry]) => ({ path, link: (entry as { link?: boolean }).link ?? false }))
        .slice(1);
    const copies = (names: readonly string[]) =>
      names.toSorted().map((name) => ({ path: `node_modules/${name}`, link: false }));
    expect(await packages(bare)).toEqual(copies(['intentkit-auth', ...DEPENDENCIES]));
    expect(await packages(app)).toEqual(
      copies(['intentkit-auth', 'intentkit', ...DEPENDENCIES, ...HOST_DEPENDENCIES, ...TYPES]),
    );
  });

  it('gives publint nothing to complain about', async () => {
    const { messages } = await publint({ pkgDir: installed, strict: true });
    expect(messages).toEqual([]);
  });

  it('has types that resolve from every kind of ES module', async () => {
    const [cli, tarball] = [ofRepository('@arethetypeswrong/cli/dist/index.js'), await tarballPath()];
    const { status, stdout } = await execute(work, process.execPath, [cli, tarball, '--profile', 'esm-only']);
    expect(stdout).toContain('intentkit-auth/functions');
    expect(status, stdout).toBe(0);
  });

  it('names no folder of the machine that built it', async () => {
    for (const file of TARBALL) {
      const text = await read(file);
      expect(
        [work, ROOT, tmpdir()].filter((path) => text.includes(path)),
        file,
      ).toEqual([]);
    }
  });
});

const tarballPath = async (): Promise<string> => {
  const { version } = JSON.parse(await read('package.json'));
  return join(work, `intentkit-auth-${version}.tgz`);
};

describe('the built code', () => {
  it.each(published('.js').filter((file) => !file.startsWith('dist/functions/')))(
    'of %s imports no module of Node, requires nothing, and needs no package but jose and zod',
    async (file) => {
      const imports = await importsOf(file);
      const [own, foreign] = [imports.filter(isRelative), imports.filter((name) => !isRelative(name))];
      expect(foreign.filter((name) => !['jose', 'zod/mini'].includes(name))).toEqual([]);
      expect(own.filter((name) => !existsSync(join(installed, dirname(file), name)))).toEqual([]);
      expect(await read(file)).not.toMatch(/\brequire\b/);
    },
  );

  it('of the functions imports IntentKit and the root entry, by their names', async () => {
    expect((await importsOf('dist/functions/index.js')).toSorted()).toEqual(['intentkit', 'intentkit-auth']);
  });

  it.each(published('.js'))('of %s has a source map with the sources as they are', async (file) => {
    expect(await read(file)).toContain(`//# sourceMappingURL=${basename(file)}.map`);
    const map = JSON.parse(await read(`${file}.map`)) as SourceMapPayload;
    expect(map.version).toBe(3);
    expect(map.sources).not.toEqual([]);
    for (const [index, source] of map.sources.entries()) {
      const path = relative(installed, join(installed, dirname(file), source));
      expect(path).toMatch(/^(src|functions)\//);
      expect(map.sourcesContent[index], path).toBe(await readFile(join(ROOT, path), 'utf8'));
    }
  });

  it.each([
    { file: 'dist/index.js', text: 'ERR_NO_SIGNING_KEY', source: 'src/client.ts' },
    {
      file: 'dist/functions/index.js',
      text: 'it is always the time of signing',
      source: 'functions/tokens.ts',
    },
  ])('of $file leads a debugger to $source', async ({ file, text, source }) => {
    const lines = (await read(file)).split('\n');
    const line = lines.findIndex((candidate) => candidate.includes(text));
    const map = new SourceMap(JSON.parse(await read(`${file}.map`)));
    const entry = map.findEntry(line, lines[line]?.indexOf(text) ?? -1);
    if (!('originalSource' in entry)) throw new Error(`Line ${line} of ${file} is not in the map.`);
    expect(entry.originalSource).toMatch(new RegExp(`/${source}$`));
    const original = (await readFile(join(ROOT, source), 'utf8')).split('\n');
    expect(original[entry.originalLine]).toContain(text);
  });

  it.each([
    { file: 'dist/index.d.ts', imports: [] },
    { file: 'dist/functions/index.d.ts', imports: ['intentkit'] },
  ])('declares its types in $file without reference to another file', async ({ file, imports }) => {
    expect([...new Set(await importsOf(file))]).toEqual(imports);
    expect(await read(file)).not.toMatch(/clientFrom|KeySource|SignatureEngine|parseConfig|["'](\.|src)\//);
  });
});

const isRelative = (specifier: string): boolean => specifier.startsWith('.');

type Loaded = { url: string; exports: string[] } | { code: string; message: string };

describe('the entries', () => {
  const load = async (project: string, ...specifiers: readonly string[]): Promise<Loaded[]> => {
    await cp(join(app, 'out/load.js'), join(project, 'load.js'));
    const { stdout, stderr } = await execute(project, process.execPath, ['load.js', ...specifiers]);
    expect(stderr).toBe('');
    return JSON.parse(stdout);
  };

  it('are these three, and each leads to its file', async () => {
    const { exports, name } = JSON.parse(await read('package.json'));
    const specifiers = Object.keys(exports).map((subpath) => name + subpath.slice(1));
    const files = (await load(app, ...specifiers)).map((loaded) =>
      'url' in loaded ? [relative(installed, fileURLToPath(loaded.url)), loaded.exports] : loaded,
    );
    expect(Object.fromEntries(specifiers.map((specifier, index) => [specifier, files[index]]))).toEqual({
      'intentkit-auth': ['dist/index.js', ['AuthError', 'createAuthClient', 'createAuthProvider']],
      'intentkit-auth/functions': ['dist/functions/index.js', ['createToken', 'decodeToken', 'verifyToken']],
      'intentkit-auth/package.json': ['package.json', []],
    });
    for (const { types, default: code } of Object.values<Record<string, string>>(exports)) {
      expect([types, code].filter((path) => path && !existsSync(join(installed, path)))).toEqual([]);
    }
  });

  it('are the only way in', async () => {
    const specifiers = TARBALL.filter((file) => file !== 'package.json').map(
      (file) => `intentkit-auth/${file}`,
    );
    specifiers.push('intentkit-auth/src/client.js', 'intentkit-auth/functions/index.js');
    for (const loaded of await load(app, ...specifiers)) {
      expect(loaded).toMatchObject({ code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' });
    }
  });

  it('load without IntentKit but for the functions, which say that it is missing', async () => {
    const [root, functions] = await load(bare, 'intentkit-auth', 'intentkit-auth/functions');
    expect(root).toMatchObject({ exports: ['AuthError', 'createAuthClient', 'createAuthProvider'] });
    expect(functions).toEqual({
      code: 'ERR_MODULE_NOT_FOUND',
      message: expect.stringMatching(/^Cannot find package 'intentkit' /),
    });
  });

  it('share one AuthError', async () => {
    expect(await report('errors.js')).toEqual({
      'thrown by a function': 'ERR_SIGN_INPUT',
      'thrown by sign': 'ERR_SIGN_INPUT',
      'thrown by decode': 'ERR_TOKEN_MALFORMED',
    });
  });
});

describe('a project that uses the package', () => {
  it.each(['nodenext', 'bundler'] as const)('compiles with the module resolution "%s"', (resolution) => {
    expect(compilations[resolution]).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('uses the client without IntentKit', async () => {
    const payload = { role: 'editor', sub: 'user-1', iat: expect.any(Number), exp: expect.any(Number) };
    expect(await report('standalone.js')).toEqual({
      verdict: { valid: true, expired: false, payload },
      payload,
      reason: 'signature',
      keys: 'none',
      warnings: ['WEAK_SECRET'],
      codes: ['ERR_AUTH_CONFIG'],
      provider: ['auth', true],
    });
  });

  it('serves a function of its own', async () => {
    const agent = await connect('custom-function.js');
    const { token = '' } = await call(agent, 'login_user', { user_id: 'user-1', role: 'editor' });
    const { payload } = await jwtVerify(token, new TextEncoder().encode(SECRET), { subject: 'user-1' });
    expect(payload).toMatchObject({ role: 'editor', exp: (payload.iat ?? Number.NaN) + 24 * 60 * 60 });
  });
});

describe('the code of the specification', () => {
  it('serves the ready-made functions by the quick start', async () => {
    const agent = await connect('specification/quick-start.js');
    const { tools } = await agent.listTools();
    expect(tools.map(({ name }) => name)).toEqual(['create_token', 'verify_token', 'decode_token']);

    const claims = { subject: 'user-1', claims: { role: 'editor' } };
    const { token = '' } = await call(agent, 'create_token', claims);
    const { payload } = await jwtVerify(token, new TextEncoder().encode(SECRET), {
      algorithms: ['HS256'],
      issuer: 'my-service',
      audience: 'my-api',
      subject: 'user-1',
    });
    expect(payload).toMatchObject({ role: 'editor', exp: (payload.iat ?? Number.NaN) + 60 * 60 });
    expect(await call(agent, 'verify_token', { token })).toEqual({ valid: true, expired: false, payload });
    expect(await call(agent, 'decode_token', { token })).toEqual({ payload });
  });

  it('makes each of the configurations', async () => {
    expect(await run('specification/configs.js')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  it('registers the example functions, with intents and permissions as specified', async () => {
    expect(await report('specification/example-functions.js')).toEqual([
      {
        name: 'create_token',
        intent: 'Create a signed JWT token with custom claims',
        permissions: ['auth:sign'],
        requires: ['auth'],
      },
      {
        name: 'verify_token',
        intent: "Verify a token's signature and expiration",
        permissions: ['auth:verify'],
        requires: ['auth'],
      },
      {
        name: 'decode_token',
        intent: 'Decode a token without verification',
        permissions: ['auth:read'],
        requires: ['auth'],
      },
    ]);
  });
});
