// Programs of users, compiled and run where npm has installed the packed package: those of the specification unchanged.
import { randomBytes } from 'node:crypto';
import { cp, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { jwtVerify } from 'jose';
import ts from 'typescript';
import { beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { ENTRIES, ROOT, runToEnd } from '../support/built-project.js';
import { answerOf, connectAgent } from '../support/mcp-agent.js';
import { installPacked } from '../support/packed.js';

// npm, the compiler and other processes, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 300_000 });

const SECRET = randomBytes(48).toString('base64url');
/** What a user's project has besides the package. */
const BESIDES = ['jose', 'zod', '@modelcontextprotocol/server', '@types/node'];

/** A project without IntentKit, and one with the stand-in for it. */
let bare: string;
let app: string;
let complaints: string[];

beforeAll(async () => {
  const packed = await installPacked();
  bare = packed.folder;
  app = join(bare, 'app');
  await cp(join(ROOT, 'test/contract/consumer'), app, { recursive: true });
  await writeFile(join(app, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  // Its own copy, which finds the stand-in.
  await cp(packed.installed, join(app, 'node_modules/intentkit-auth'), { recursive: true });
  const specifiers = ENTRIES.map((entry) => `intentkit-auth${entry.slice(1)}`);
  const exported = specifiers.map((specifier, index) => `export * as entry${index} from '${specifier}';`);
  await writeFile(join(app, 'entries.ts'), exported.join('\n'));
  for (const name of BESIDES) {
    await mkdir(dirname(join(app, 'node_modules', name)), { recursive: true });
    await symlink(join(ROOT, 'node_modules', name), join(app, 'node_modules', name), 'junction');
  }
  await buildHost(join(app, 'node_modules/intentkit'));
  complaints = ['tsconfig.json', 'tsconfig.bundler.json'].flatMap(compile);
  return () => packed.remove();
});

/** Puts the stand-in for IntentKit into a folder, with its types. `npm run typecheck` checks it. */
async function buildHost(folder: string): Promise<void> {
  await mkdir(folder);
  await cp(join(ROOT, 'host/package.json'), join(folder, 'package.json'));
  const sources = join(ROOT, 'host/src');
  const files = (await readdir(sources)).map((name) => join(sources, name));
  const { emitSkipped, diagnostics } = ts
    .createProgram(files, {
      ...{ target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext, verbatimModuleSyntax: true },
      ...{ rootDir: sources, outDir: join(folder, 'dist'), declaration: true },
      // Its exports have explicit types, so that it need not read what it imports. That saves most of the time.
      ...{ isolatedDeclarations: true, noResolve: true, noCheck: true, types: [] },
    })
    .emit();
  expect({ emitSkipped, diagnostics }).toEqual({ emitSkipped: false, diagnostics: [] });
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
  const host = ts.createCompilerHost(options);
  // As in tsc. Parsing the comments of all libraries would take longer.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
  const program = ts.createProgram(fileNames, options, host);
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
  const { status, stdout, stderr } = await runToEnd(process.execPath, [program], { cwd: project, env });
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
  expect(await answerOf(agent, 'verify_token', { token })).toEqual({
    valid: true,
    expired: false,
    expires: new Date(Number(payload.exp) * 1000).toISOString().replace('.000Z', 'Z'),
    expires_in_seconds: expect.closeTo(3600, -2),
    payload,
  });
  expect(await answerOf(agent, 'decode_token', { token })).toEqual({ verified: false, payload });
});

it('README.md names two files to save, which run on Node as they stand there', async () => {
  const readme = await readFile(join(ROOT, 'README.md'), 'utf8');
  const saved =
    /Save this as\s`([\w.]+)`, and run it with `JWT_SECRET="[^"]+" node \1`\.?[\s\S]*?\n```ts\n([\s\S]*?)```/g;
  const printed: [name: string, text: string][] = [];
  for (const [, name = '', text = ''] of readme.matchAll(saved)) {
    await writeFile(join(app, name), text);
    printed.push([name, await run(name)]);
  }
  expect(printed).toEqual([
    ['sign.mjs', 'user-1\n'],
    ['agent.mjs', ''],
  ]);
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
