// Applications that esbuild makes one file of, where npm has installed the package and jose, and nothing else.
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  addHost,
  type BuiltProject,
  createBuiltProject,
  ONE_AUTH_ERROR,
  PROTECTED,
  ROOT,
  runToEnd,
} from '../support/built-project.js';

let project: BuiltProject;
beforeAll(async () => {
  project = await createBuiltProject();
  await cp(join(ROOT, 'test/e2e/runtimes'), project.folder, { recursive: true });
});
afterAll(() => project?.remove());

/** Makes one file of a program, runs it, and returns the packages that are in it and what it prints. */
async function bundled(
  program: string,
  options: BuildOptions,
): Promise<{ packages: string[]; printed: unknown }> {
  const { warnings, metafile } = await build({
    stdin: { contents: program, resolveDir: project.folder },
    outfile: join(project.folder, 'bundle.mjs'),
    bundle: true,
    format: 'esm',
    metafile: true,
    logLevel: 'silent',
    // Without the path mappings of the repository, which lead to the sources.
    tsconfigRaw: {},
    ...options,
  });
  expect(warnings).toEqual([]);
  const packages = Object.keys(metafile?.inputs ?? {}).flatMap(
    (file) => /node_modules\/([^/]+)/.exec(file)?.[1] ?? [],
  );
  const { status, stdout, stderr } = await runToEnd(process.execPath, ['bundle.mjs'], {
    cwd: project.folder,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return { packages: [...new Set(packages)].toSorted(), printed: JSON.parse(stdout) };
}

it.each(['node', 'browser', 'neutral'] as const)(
  'A bundle for "%s" of an application that imports only the gate holds no MCP SDK, and answers with a challenge',
  async (platform) => {
    const program = `import { answers } from './protected.ts';
      process.stdout.write(JSON.stringify(await answers()));`;
    expect(await bundled(program, { platform })).toEqual({
      packages: ['intentkit-auth', 'jose'],
      printed: PROTECTED,
    });
  },
);

it('A bundle of all entries has one AuthError', async () => {
  await addHost(project.folder);
  const program = `import { errorsOfEntries } from './entries.ts';
    process.stdout.write(JSON.stringify(await errorsOfEntries()));`;
  expect(await bundled(program, { platform: 'node' })).toEqual({
    packages: ['intentkit', 'intentkit-auth', 'jose'],
    printed: ONE_AUTH_ERROR,
  });
});
