/** The projects of `run.ts`, each with the files of `examples/http` that docs/http.md shows for its server. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { executable, ROOT } from '../support/built-project.js';
import { startWorker } from '../support/worker.js';
import type { Routes } from './drive.js';
import { type Run, type Start, startProgram } from './programs.js';

export interface Project {
  readonly name: string;
  /** The package whose version is printed: of this project, or of this repository. */
  readonly subject: string;
  /** What is installed beside the packed package. */
  readonly packages: readonly string[];
  /** What each file is copied from, by the path at which a user saves it, or its text. */
  readonly files: Readonly<Record<string, string | { readonly text: string }>>;
  /** Options of TypeScript, beside those that all projects have. Deno checks the types itself. */
  readonly typescript?: object;
  /** What checks the types and builds the project. */
  readonly build: readonly Run[];
  readonly start: Start;
  readonly routes: Routes;
}

const here = (file: string): string => join(ROOT, 'test/projects', file);
const recipe = (name: string): string => join(ROOT, `examples/http/${name}.ts`);
const recipes = (...names: readonly string[]): Record<string, string> =>
  Object.fromEntries(names.map((name) => [`${name}.ts`, recipe(name)]));

const PRIVATE: Routes = { read: '/me', write: '/files' };
const ALL: Routes = { ...PRIVATE, news: '/news' };
const TYPESCRIPT = ['typescript', '@types/node'];
const MODULES_OF_A_BUNDLER = { module: 'esnext', moduleResolution: 'bundler', noEmit: true };
const CHECK: Run = ['node_modules/.bin/tsc', '--noEmit'];

/** Runs a file on Node. The port that it listens on is replaced by a free one. */
const node = (...args: readonly string[]): Start =>
  startProgram([process.execPath, '--import', pathToFileURL(here('free-port.mjs')).href, ...args]);

/** A server that is compiled by TypeScript and runs on Node. */
const nodeProject = (
  name: string,
  packages: readonly [subject: string, ...others: string[]],
  files: readonly string[],
  typescript = {},
): Project => ({
  name,
  subject: packages[0],
  packages: [...packages, ...TYPESCRIPT],
  files: recipes('api-gate', ...files, `api-${name}`),
  typescript,
  build: [['node_modules/.bin/tsc']],
  start: node(`dist/api-${name}.js`),
  routes: ALL,
});

const deno = executable('deno', 'deno');
/** The recipes import `./api-gate.js`, as TypeScript wants it. Deno wants the name of the file. */
const DENO = ['--no-remote', '--unstable-sloppy-imports'];

export const PROJECTS: readonly Project[] = [
  nodeProject('express', ['express', '@types/express'], []),
  nodeProject('fastify', ['fastify'], []),
  // Its declarations need the DOM.
  nodeProject('hono', ['hono', '@hono/node-server'], [], { lib: ['es2023', 'dom'] }),
  nodeProject(
    'nest',
    [
      '@nestjs/core',
      '@nestjs/common',
      '@nestjs/platform-express',
      'reflect-metadata',
      'rxjs',
      '@types/express',
    ],
    ['api-nest-guard'],
    { experimentalDecorators: true },
  ),
  {
    name: 'next',
    subject: 'next',
    packages: ['next', 'react', 'react-dom', '@types/react', ...TYPESCRIPT],
    files: {
      ...recipes('api-gate'),
      'app/api/files/route.ts': recipe('api-next-route'),
      'proxy.ts': recipe('api-next-proxy'),
    },
    typescript: { ...MODULES_OF_A_BUNDLER, lib: ['dom', 'dom.iterable', 'esnext'], skipLibCheck: true },
    build: [['node_modules/.bin/next', 'build']],
    start: startProgram(['node_modules/.bin/next', 'start', '-H', '127.0.0.1', '-p', '0']),
    routes: { read: '/api/files', write: '/api/files' },
  },
  {
    name: 'lambda',
    subject: 'serverless-http',
    packages: ['serverless-http', 'express', '@types/express', 'esbuild', ...TYPESCRIPT],
    files: recipes('api-gate', 'api-lambda'),
    typescript: MODULES_OF_A_BUNDLER,
    build: [
      CHECK,
      // As the recipe says.
      [
        'node_modules/.bin/esbuild',
        ...'api-lambda.ts --bundle --platform=node --outfile=lambda.cjs'.split(' '),
      ],
    ],
    start: node('--import', import.meta.resolve('tsx'), here('lambda-host.ts'), 'lambda.cjs'),
    routes: PRIVATE,
  },
  {
    name: 'workers',
    subject: 'workerd',
    packages: ['@cloudflare/workers-types', ...TYPESCRIPT],
    files: recipes('api-gate', 'api-worker'),
    typescript: { ...MODULES_OF_A_BUNDLER, types: ['@cloudflare/workers-types', 'node'], skipLibCheck: true },
    build: [CHECK],
    start: (folder, variables) => startWorker(join(folder, 'api-worker.ts'), variables),
    routes: PRIVATE,
  },
  {
    name: 'bun',
    subject: 'bun',
    packages: TYPESCRIPT,
    files: {
      ...recipes('api-gate', 'api-worker'),
      'server.ts': {
        text: `import worker from './api-worker.js';\nexport default { ...worker, hostname: '127.0.0.1', port: 0 };\n`,
      },
    },
    typescript: MODULES_OF_A_BUNDLER,
    build: [CHECK],
    start: startProgram([executable('bun', 'bin/bun', 'bin/bun.exe'), 'server.ts']),
    routes: PRIVATE,
  },
  {
    name: 'deno',
    subject: 'deno',
    packages: [],
    files: recipes('api-gate', 'api-worker'),
    build: [[deno, 'check', ...DENO, 'api-worker.ts']],
    start: startProgram([
      deno,
      'serve',
      ...DENO,
      ...['--no-prompt', '--allow-net=127.0.0.1', '--allow-env=ISSUER,RESOURCE'],
      ...['--host', '127.0.0.1', '--port', '0', 'api-worker.ts'],
    ]),
    routes: PRIVATE,
  },
];
