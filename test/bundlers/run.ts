/**
 * Builds an application of Next by each of its bundlers, where npm has installed the packed package, and asks it over
 * HTTP. npm fetches Next into a temporary folder. Exits with 1 when an answer is wrong.
 */
import { deepEqual } from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { createTestIssuer } from 'intentkit-auth/testing';
import ts from 'typescript';
import { ensureBuilt } from '../support/built.js';
import { addHost, ONE_AUTH_ERROR, PROTECTED, ROOT } from '../support/built-project.js';
import { installPacked } from '../support/packed.js';

const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-next-'));
const RESOURCE = 'https://api.example.com';
const issuer = await createTestIssuer({ audience: RESOURCE });
await issuer.listen();
const env = {
  ISSUER: issuer.url,
  RESOURCE,
  PATH: process.env.PATH,
  HOME: folder,
  NODE_ENV: 'production',
  NEXT_TELEMETRY_DISABLED: '1',
} as const;
const NEXT = join(folder, 'node_modules/next/dist/bin/next');

/** The routes of the application, by their paths. */
const ROUTES = {
  gate: `export { POST } from './protected.ts';`,
  answers: `import { answers } from './protected.ts';
    export const POST = async () => Response.json(await answers());`,
  errors: `import { errorsOfEntries } from './entries.ts';
    export const POST = async () => Response.json(await errorsOfEntries());`,
};

/** Where the recipes of `examples/http` are saved, as they say themselves. */
const RECIPES = {
  'api-gate': 'api-gate.js',
  'api-next-route': 'app/api/files/route.js',
  'api-next-proxy': 'proxy.js',
};

/** Saves the recipes without their types, because the application has no TypeScript. */
async function addRecipes(): Promise<void> {
  for (const [name, file] of Object.entries(RECIPES)) {
    const text = await readFile(join(ROOT, `examples/http/${name}.ts`), 'utf8');
    const up = '../'.repeat(file.split('/').length - 1);
    const { outputText } = ts.transpileModule(text.replace("'./api-gate'", `'${up || './'}api-gate'`), {
      compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
    });
    await mkdir(dirname(join(folder, file)), { recursive: true });
    await writeFile(join(folder, file), outputText);
  }
}

async function createApplication(): Promise<void> {
  await cp(join(ROOT, 'test/bundlers/next'), folder, { recursive: true });
  await promisify(execFile)('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  const packed = await installPacked();
  await cp(join(packed.folder, 'node_modules'), join(folder, 'node_modules'), { recursive: true });
  await packed.remove();
  await addHost(folder);
  await addRecipes();
  for (const [path, contents] of Object.entries(ROUTES)) {
    await build({
      stdin: { contents, resolveDir: join(ROOT, 'test/e2e/runtimes') },
      outfile: join(folder, 'app', path, 'route.js'),
      bundle: true,
      format: 'esm',
      external: ['intentkit-auth'],
      tsconfigRaw: {},
    });
  }
}

/** Starts the built application on a free port, asks each route, and stops it. */
async function askApplication(): Promise<void> {
  const child = spawn(process.execPath, [NEXT, 'start', '-H', '127.0.0.1', '-p', '0'], {
    cwd: folder,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const closed = once(child, 'close');
  try {
    for await (const line of createInterface({ input: child.stdout })) {
      const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(line) ?? [];
      if (url) return await expectRightAnswers(url);
    }
    throw new Error('The application ended before it listened.');
  } finally {
    child.kill();
    await closed;
  }
}

async function expectRightAnswers(url: string): Promise<void> {
  const ask = (path: string) => fetch(`${url}/${path}`, { method: 'POST' });
  const refused = await ask('gate');
  deepEqual([refused.status, refused.headers.get('www-authenticate'), false], PROTECTED[0]);
  deepEqual(await (await ask('answers')).json(), PROTECTED);
  deepEqual(await (await ask('errors')).json(), ONE_AUTH_ERROR);
  await expectRightRecipes(url);
}

/** The answers of the recipes: of the route, which has a gate of its own, and of a page that the proxy protects. */
async function expectRightRecipes(url: string): Promise<void> {
  const ask = async (path: string, scope?: string, method = 'GET'): Promise<[number, boolean]> => {
    const headers = scope && { authorization: `Bearer ${await issuer.token({ scope })}` };
    const { status, headers: fields } = await fetch(`${url}/${path}`, {
      method,
      ...(headers && { headers }),
    });
    return [status, fields.get('www-authenticate')?.includes('scope="api files:write"') ?? false];
  };
  deepEqual(await ask('api/files'), [401, true]);
  deepEqual(await ask('api/files', 'api'), [200, false]);
  deepEqual(await ask('api/files', 'api', 'PUT'), [403, true]);
  deepEqual(await ask('api/files', 'api files:write', 'PUT'), [200, false]);
  deepEqual(await ask('reports/1'), [401, true]);
  // It is admitted, and there is no such page.
  deepEqual(await ask('reports/1', 'api'), [404, false]);
  const metadata = await fetch(`${url}/.well-known/oauth-protected-resource`);
  deepEqual(((await metadata.json()) as { resource: unknown }).resource, RESOURCE);
}

try {
  await ensureBuilt();
  await createApplication();
  for (const bundler of ['turbopack', 'webpack']) {
    await promisify(execFile)(process.execPath, [NEXT, 'build', `--${bundler}`], { cwd: folder, env });
    await askApplication();
    process.stdout.write(`${bundler}: the gate and the recipes answer, and there is one AuthError\n`);
  }
} finally {
  await issuer.close();
  await rm(folder, { recursive: true, force: true });
}
