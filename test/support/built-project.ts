import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);
const manifest: { exports: Record<string, unknown> } = require('../../package.json');

/** The entries of the package, as in `exports` of its manifest. */
export const ENTRIES = Object.keys(manifest.exports).filter((entry) => entry !== './package.json');

/** What `errorsOfEntries` of `e2e/runtimes/entries.ts` tells. */
export const ONE_AUTH_ERROR = Object.fromEntries(ENTRIES.map((entry) => [entry, 'AuthError']));

/** Status, challenge and body that `e2e/runtimes/protected.ts` answers without a token, and with one. */
export const PROTECTED = [
  [401, 'Bearer resource_metadata="https://api.example.com/.well-known/oauth-protected-resource/mcp"', false],
  [200, null, 'protected'],
];

/** A folder outside the repository that has the package, as it was built last, its dependency, and nothing else. */
export interface BuiltProject {
  readonly folder: string;
  remove(): Promise<void>;
}

export async function createBuiltProject(): Promise<BuiltProject> {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-'));
  const installed = join(folder, 'node_modules/intentkit-auth');
  await mkdir(installed, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  for (const path of ['package.json', 'dist']) {
    await cp(join(ROOT, path), join(installed, path), { recursive: true });
  }
  await symlink(join(ROOT, 'node_modules/jose'), join(folder, 'node_modules/jose'), 'junction');
  return { folder, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Adds the stand-in for IntentKit, as one file. */
export async function addHost(project: string): Promise<void> {
  const folder = join(project, 'node_modules/intentkit');
  await build({
    entryPoints: [join(ROOT, 'host/src/index.ts')],
    outfile: join(folder, 'index.js'),
    bundle: true,
    format: 'esm',
    platform: 'node',
  });
  await writeFile(join(folder, 'package.json'), '{ "type": "module", "exports": "./index.js" }');
}

/**
 * The executable of a package that has one further package for each platform. npm installs the one that fits.
 *
 * @param moved where an install script may have moved it.
 */
export function executable(name: string, path: string, moved = path): string {
  const manifest = require.resolve(`${name}/package.json`);
  const found = Object.keys(require(manifest).optionalDependencies)
    .flatMap((platform) => {
      try {
        return [join(dirname(require.resolve(`${platform}/package.json`)), path)];
      } catch {
        return [];
      }
    })
    .concat(join(dirname(manifest), moved))
    .find((candidate) => existsSync(candidate));
  if (!found) throw new Error(`The package "${name}" has no executable for this platform.`);
  return found;
}

/** How a program ended, and what it said. */
export interface Ended {
  readonly status: unknown;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, for 30 s at most by default, with nothing of this process's environment but `PATH`. */
export function runToEnd(
  command: string,
  args: readonly string[],
  {
    cwd,
    env = {},
    input = '',
    timeout = 30_000,
  }: { cwd: string; env?: Record<string, string>; input?: string; timeout?: number },
): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile(
      command,
      args,
      { cwd, env: { PATH: process.env.PATH, HOME: cwd, ...env }, timeout, killSignal: 'SIGKILL' },
      (error, stdout, stderr) =>
        resolve({ status: error ? (error.code ?? error.signal) : 0, stdout, stderr }),
    );
    // A program that does not read its input may have ended already.
    child.stdin?.on('error', () => {}).end(input);
  });
}
