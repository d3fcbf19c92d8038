import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import {
  type BuiltProject,
  createBuiltProject,
  executable,
  ROOT,
  runToEnd,
} from '../support/built-project.js';
import { PROVEN, prove } from './testing/prove.js';

const FIXTURES = join(ROOT, 'test/e2e/testing');
let project: BuiltProject;

beforeAll(async () => {
  project = await createBuiltProject();
  const common = {
    bundle: true,
    format: 'esm',
    outdir: project.folder,
    // Disables the path mappings of the repository, which lead to the sources.
    tsconfigRaw: {},
    logLevel: 'silent',
  } as const;
  const inNode = ['jest', 'node-test', 'program'].map((name) => join(FIXTURES, `${name}.ts`));
  await build({ ...common, entryPoints: inNode, platform: 'node', packages: 'external' });
  const dist = join(project.folder, 'node_modules/intentkit-auth/dist');
  const alias = {
    'intentkit-auth/testing': join(dist, 'testing/index.js'),
    'intentkit-auth': join(dist, 'index.js'),
  };
  await build({ ...common, entryPoints: [join(FIXTURES, 'worker.ts')], alias });
  await cp(join(FIXTURES, 'workerd.capnp'), join(project.folder, 'workerd.capnp'));
}, 60_000);
afterAll(() => project?.remove());

it.each(['in memory', 'over HTTP'] as const)(
  'A test issuer %s works under vitest with fake timers',
  async (mode) => {
    onTestFinished(() => void vi.useRealTimers());
    const clock = {
      stop: (now: number) => void vi.useFakeTimers({ now }),
      pass: (milliseconds: number) => vi.advanceTimersByTimeAsync(milliseconds),
    };
    expect(await prove(mode, clock)).toEqual(PROVEN);
  },
);

it('A test issuer works under node:test', async () => {
  const { status, stdout } = await run(process.execPath, '--test', '--test-reporter=tap', 'node-test.js');
  expect({ status, stdout }).toEqual({ status: 0, stdout: expect.stringMatching(/^# pass 2$/m) });
});

it('A test issuer works under jest', async () => {
  const jest = join(ROOT, 'node_modules/jest/bin/jest.js');
  const config = JSON.stringify({
    rootDir: '.',
    transform: {},
    testMatch: ['**/jest.js'],
    watchman: false,
    cache: false,
  });
  const { status, stderr } = await run(
    process.execPath,
    '--experimental-vm-modules',
    jest,
    '--ci',
    `--config=${config}`,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringContaining('2 passed') });
}, 40_000);

it.each([
  ['Bun', () => [executable('bun', 'bin/bun', 'bin/bun.exe'), 'program.js']],
  [
    'Deno with only network access',
    () => [
      executable('deno', 'deno'),
      'run',
      '--allow-net=127.0.0.1',
      '--no-prompt',
      '--no-remote',
      '--no-lock',
      'program.js',
    ],
  ],
])('A test issuer works on %s', async (_, command) => {
  const [path = '', ...args] = command();
  const { status, stdout, stderr } = await run(path, ...args);
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: JSON.stringify([PROVEN, PROVEN]),
    stderr: '',
  });
});

it('A test issuer works in memory on Cloudflare workerd, and listen() explains that it cannot listen there', async () => {
  const child = spawn(
    executable('workerd', 'bin/workerd'),
    ['serve', `--import-path=${join(ROOT, 'node_modules')}`, '--control-fd=3', 'workerd.capnp'],
    { cwd: project.folder, stdio: ['ignore', 'ignore', 'inherit', 'pipe'] },
  );
  const exited = once(child, 'close');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const [line] = await once(createInterface({ input: child.stdio[3] as Readable }), 'line');
  const ask = async (path: string) =>
    (await fetch(`http://127.0.0.1:${JSON.parse(line).port}${path}`)).json();
  expect(await ask('/')).toEqual(PROVEN);
  expect(await ask('/http')).toMatch(/^Error: listen\(\) needs Node 20\.16 or later, Bun or Deno;/);
});

const run = (command: string, ...args: readonly string[]) =>
  runToEnd(command, args, { cwd: project.folder, env: { DENO_DIR: join(project.folder, '.deno') } });
