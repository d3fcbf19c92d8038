// The configuration that the doctor prints is copied into a file, and must work there as it stands.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from 'intentkit-auth/testing';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { configurationOf } from '../../../../cli/doctor/configuration.js';
import { run } from '../../../../cli/run.js';
import { fakeIo } from '../../../support/fake-io.js';
import { createProgram } from '../../../support/source-names.js';

const folder = `.cache/configuration-${process.pid}`;
const pathOf = (file: string): string => fileURLToPath(new URL(`../../../../${file}`, import.meta.url));

const ODD = `it's "odd" \\ \u202e\n\${x}`;
const CASES: { what: string; issuer: string; audience?: string; args?: string[]; env?: string }[] = [
  { what: 'discovers its keys', issuer: 'https://id.example.com', audience: 'my-api' },
  { what: 'has no audience', issuer: 'https://id.example.com/tenant' },
  { what: 'has a name with odd characters', issuer: 'https://id.example.com', audience: ODD },
  {
    what: 'has its keys elsewhere',
    issuer: 'project-live-1',
    audience: 'my-api',
    args: ['--jwks-url', 'https://id.example.com/.well-known/jwks.json'],
  },
  {
    what: 'has its keys at a URL with a secret',
    issuer: 'project-live-1',
    audience: 'my-api',
    args: ['--jwks-url', 'https://id.example.com/.well-known/jwks.json?hush'],
    env: 'https://id.example.com/.well-known/jwks.json?hush',
  },
];

/** Runs the doctor, and returns its configuration and a token that fits it. */
async function diagnosed({ issuer, audience, args = [] }: (typeof CASES)[number]) {
  const url = issuer.startsWith('https:') ? issuer : 'https://id.example.com';
  const provider = await createTestIssuer({ url });
  vi.stubGlobal('fetch', provider.fetch);
  const sign = (claims: object) => provider.token({ iss: issuer, aud: audience ?? 'any', ...claims });
  const all = ['doctor', '--issuer', issuer, ...(audience ? ['--audience', audience] : []), ...args];
  const world = fakeIo(await sign({}));
  const json = fakeIo(await sign({}));
  expect([await run(all, world.io), await run([...all, '--json'], json.io)]).toEqual([0, 0]);
  const { configuration } = JSON.parse(json.stdout());
  expect(world.stdout()).toMatch(/\nNothing is wrong\. The configuration:\n\nimport /);
  expect(world.stdout().endsWith(`\n\n${configuration}`)).toBe(true);
  expect(world.stdout()).not.toMatch(/hush|\u202e/);
  return { configuration, sign };
}

beforeAll(() => mkdir(pathOf(folder), { recursive: true }));
afterAll(() => rm(pathOf(folder), { recursive: true, force: true }));

describe('The configuration that the doctor prints', () => {
  it.each(CASES)('verifies a token of an issuer that $what, and refuses others', async (given) => {
    const { configuration, sign } = await diagnosed(given);
    const file = `${folder}/${CASES.indexOf(given)}.ts`;
    await writeFile(pathOf(file), configuration);
    vi.stubEnv('JWKS_URL', given.env ?? '');
    const { auth } = await import(/* @vite-ignore */ pathOf(file));
    expect(await auth.verify(await sign({}))).toMatchObject({ valid: true });
    expect(await auth.verify(await sign({ iss: 'https://other.example' }))).toMatchObject({
      reason: 'issuer',
    });
    const another = await auth.verify(await sign({ aud: 'another-api' }));
    expect(another.reason).toBe(given.audience && 'audience');
  });

  it('compiles', async () => {
    const files: string[] = [];
    for (const given of CASES) {
      const file = `${folder}/compiled-${files.length}.ts`;
      await writeFile(pathOf(file), (await diagnosed(given)).configuration);
      files.push(file);
    }
    const wrong = `${folder}/wrong.ts`;
    const config = configurationOf({ issuer: 'a', jwksUrl: undefined, audience: undefined });
    await writeFile(pathOf(wrong), config.replace('issuer:', 'isuer:'));
    const program = createProgram([...files, wrong]);
    const problems = [...files, wrong].map((file) => {
      const found = ts.getPreEmitDiagnostics(program, program.getSourceFile(pathOf(file)));
      return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    });
    // The last one shows that mistakes are found.
    expect(problems.pop()).toHaveLength(1);
    expect(problems).toEqual(files.map(() => []));
  }, 120_000);

  it('is not there while something is wrong', async () => {
    const provider = await createTestIssuer({ url: 'https://id.example.com' });
    vi.stubGlobal('fetch', provider.fetch);
    const world = fakeIo('no token');
    expect(await run(['doctor', '--issuer', 'https://id.example.com', '--json'], world.io)).toBe(1);
    expect(JSON.parse(world.stdout())).not.toHaveProperty('configuration');
  });
});
