/**
 * Installs the packed package into a project for each framework and runtime, as a user would, starts the server of
 * docs/http.md there, and drives it over HTTP. npm fetches the rest into temporary folders. It prints a line for each
 * project, and exits with 1 if one of them fails. `npm run test:projects -- next deno` runs only these.
 */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { createTestIssuer } from 'intentkit-auth/testing';
import { ensureBuilt } from '../support/built.js';
import { ROOT } from '../support/built-project.js';
import { pack } from '../support/packed.js';
import { drive, type Providers } from './drive.js';
import { run } from './programs.js';
import { PROJECTS, type Project } from './projects.js';

const RESOURCE = 'https://api.example.com';
/** In milliseconds, for an empty cache. */
const LONGEST_INSTALL = 300_000;
/** Of an error. */
const MOST_LINES = 30;

const require = createRequire(import.meta.url);
/** The versions that are installed: those of this repository, and of what only these projects need. */
const VERSIONS: Readonly<Record<string, string>> = {
  ...require('../../package.json').devDependencies,
  ...require('../bundlers/next/package.json').dependencies,
  ...{ '@cloudflare/workers-types': '^5.20261117.1', '@types/react': '^19.3.3' },
  // The newest one, although tsup and typedoc need an older one.
  typescript: '^7.0.2',
};

const TYPESCRIPT = {
  target: 'es2023',
  // No DOM: a server need not have it.
  lib: ['es2023'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  verbatimModuleSyntax: true,
  rootDir: '.',
  outDir: 'dist',
};

/** Copies a file, and changes its imports of files to where these are saved. */
async function addFile(folder: string, path: string, source: Project['files'][string]): Promise<void> {
  const text = typeof source === 'string' ? await readFile(source, 'utf8') : source.text;
  const up = '../'.repeat(path.split('/').length - 1) || './';
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text.replaceAll(`from './`, `from '${up}`));
}

async function createProject(project: Project, folder: string, tarball: string): Promise<void> {
  await mkdir(folder);
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  if (project.typescript) {
    const compilerOptions = { ...TYPESCRIPT, ...project.typescript };
    await writeFile(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  }
  for (const [path, source] of Object.entries(project.files)) await addFile(folder, path, source);
  const packages = project.packages.map((name) => `${name}@${VERSIONS[name]}`);
  const options = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  const limits = { cwd: folder, timeout: LONGEST_INSTALL, killSignal: 'SIGKILL' } as const;
  await promisify(execFile)('npm', ['install', ...options, tarball, ...packages], limits);
}

async function versionOf({ subject }: Project, folder: string): Promise<string> {
  const path = join('node_modules', subject, 'package.json');
  const text = await readFile(join(folder, path), 'utf8').catch(() => readFile(join(ROOT, path), 'utf8'));
  return `${subject} ${JSON.parse(text).version}`;
}

/** Resolves with what the line of the project says. */
async function prove(project: Project, folder: string, tarball: string, providers: Providers) {
  const variables = { ISSUER: providers.issuer.url, RESOURCE };
  await createProject(project, folder, tarball);
  for (const command of project.build) await run(command, folder, variables);
  providers.issuer.fail('503');
  const { url, stop } = await project.start(folder, variables);
  try {
    const answers = await drive(url, RESOURCE, project.routes, providers);
    return `${await versionOf(project, folder)}: ${answers} answers as expected`;
  } finally {
    await stop();
  }
}

const named = process.argv.slice(2);
const unknown = named.filter((name) => PROJECTS.every((project) => project.name !== name));
if (unknown.length > 0) {
  const names = PROJECTS.map(({ name }) => name).join(', ');
  process.stderr.write(`There is no project "${unknown.join('", "')}". The projects are: ${names}.\n`);
  process.exit(1);
}
const chosen = PROJECTS.filter(({ name }) => named.length === 0 || named.includes(name));

await ensureBuilt();
const work = await mkdtemp(join(tmpdir(), 'intentkit-auth-projects-'));
const issuer = await createTestIssuer({ audience: RESOURCE });
try {
  await issuer.listen();
  const impostor = await createTestIssuer({ url: issuer.url });
  const [tarball = ''] = await pack(work, ROOT);
  for (const project of chosen) {
    const began = performance.now();
    const said = await prove(project, join(work, project.name), tarball, { issuer, impostor }).catch(
      (error: Error) => {
        process.exitCode = 1;
        return `FAILED: ${error.message.trim().split('\n').slice(0, MOST_LINES).join('\n')}`;
      },
    );
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(`${project.name.padEnd(7)} | ${said} (${seconds} s)\n`);
  }
} finally {
  await issuer.close();
  await rm(work, { recursive: true, force: true });
}
