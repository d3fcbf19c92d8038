import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'tsup';
import { startJwksServer } from '../test/support/jwks-server.js';
import { inOrderOf, type Spread, spread } from './compare.js';
import type { FirstToken } from './first-token.js';
import type { Installation } from './installed.js';
import type { Memory } from './memory.js';
import { AUDIENCE, goodToken, hmacIssuer, ISSUER, keySetOf, publicKeyIssuer, SMALL } from './tokens.js';

const runFile = promisify(execFile);

/** Milliseconds from the import to the first verified token, and how many times jose's time ours is. */
export interface StartUp {
  readonly what: string;
  readonly ours: Spread;
  readonly jose: Spread;
  readonly ratio: Spread;
}

/** Each time in a fresh process of plain Node, the libraries taking turns. */
export async function measureStartUp(installation: Installation, runs: number): Promise<StartUp[]> {
  const hmac = hmacIssuer();
  const rsa = publicKeyIssuer('RS256');
  const server = await startJwksServer(keySetOf(rsa, 1));
  const rules = { issuer: ISSUER, audience: AUDIENCE };
  const secret = new TextDecoder().decode(hmac.secret);
  const startUp = async (what: string, task: Omit<FirstToken, 'library'>): Promise<StartUp> => {
    const ours: number[] = [];
    const jose: number[] = [];
    for (let round = 0; round < runs; round += 1) {
      for (const library of inOrderOf(round, ['intentkit-auth', 'jose'] as const)) {
        const argument = JSON.stringify({ ...task, library } satisfies FirstToken);
        const { stdout } = await runFile(process.execPath, [installation.script('first-token'), argument]);
        (library === 'jose' ? jose : ours).push(Number(stdout));
      }
    }
    const ratios = ours.map((milliseconds, round) => milliseconds / (jose[round] ?? Number.NaN));
    return { what, ours: spread(ours), jose: spread(jose), ratio: spread(ratios) };
  };
  try {
    return [
      await startUp('HS256 by a secret', { ...rules, secret, token: goodToken(hmac, SMALL) }),
      await startUp('RS256 by a JWKS over HTTP', {
        ...rules,
        jwksUrl: server.url,
        token: goodToken(rsa, SMALL),
      }),
    ];
  } finally {
    await server.close();
  }
}

/**
 * Bytes, minified and gzipped, of the root entry and everything of the package that importing it loads, without
 * dependencies and without what is only loaded later on.
 */
export async function measureSize({ entry }: Installation): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'intentkit-auth-size-'));
  try {
    await build({
      config: false,
      entry: { index: entry },
      format: 'esm',
      target: 'es2022',
      minify: true,
      // What is loaded by `import()` becomes a file of its own.
      splitting: true,
      metafile: true,
      outDir: folder,
      silent: true,
    });
    const { outputs }: Metafile = JSON.parse(await readFile(join(folder, 'metafile-esm.json'), 'utf8'));
    const imports = new Map(
      Object.entries(outputs).map(([path, output]) => [basename(path), output.imports]),
    );
    const loaded = new Set(['index.js']);
    for (const file of loaded) {
      for (const { path, kind, external } of imports.get(file) ?? []) {
        if (kind === 'import-statement' && !external) loaded.add(basename(path));
      }
    }
    const sizes = [...loaded].map(async (file) => gzipSync(await readFile(join(folder, file))).length);
    return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** esbuild's, as far as it matters here. */
interface Metafile {
  outputs: Record<string, { imports: { path: string; kind: string; external?: boolean }[] }>;
}

export async function measureMemory(installation: Installation, verifies: number): Promise<Memory> {
  const { stdout } = await runFile(process.execPath, [
    '--expose-gc',
    installation.script('memory'),
    String(verifies),
  ]);
  return JSON.parse(stdout);
}
