import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as IntentkitAuth from 'intentkit-auth';
import type * as Downstream from 'intentkit-auth/downstream';
import type * as Introspection from 'intentkit-auth/introspection';
import type * as Mcp from 'intentkit-auth/mcp';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A temporary project with the packed package and with the jose of this checkout. */
export const PROJECT = install();
const entry = (path: string): string =>
  pathToFileURL(join(PROJECT, 'node_modules/intentkit-auth/dist', path)).href;
/** The package as it would be published, because tsx runs source files slower than a build. */
export const { createAuthClient }: typeof IntentkitAuth = await import(entry('index.js'));
export const { protectMcp }: typeof Mcp = await import(entry('mcp/index.js'));
export const { createIntrospection }: typeof Introspection = await import(entry('introspection/index.js'));
export const { createDownstream }: typeof Downstream = await import(entry('downstream/index.js'));

function install(): string {
  const project = mkdtempSync(join(tmpdir(), 'intentkit-auth-bench-'));
  process.once('exit', () => rmSync(project, { recursive: true, force: true }));
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  const npm = (cwd: string, ...args: string[]): string =>
    execFileSync('npm', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  // The build prints first. The last line is the name of the tarball.
  const tarball = npm(ROOT, 'pack', '--silent', '--pack-destination', project).trim().split('\n').at(-1);
  const modules = ['jose', 'zod'].map((name) => join(ROOT, 'node_modules', name));
  const offline = ['--offline', '--install-links', '--ignore-scripts', '--silent'];
  npm(project, 'install', ...offline, `./${tarball}`, ...modules);
  return project;
}
