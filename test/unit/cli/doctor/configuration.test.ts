// The configuration that the doctor prints is copied into a file, and must work there as it stands. documents.test.ts
// compiles it.
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from 'intentkit-auth/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { run } from '../../../../cli/run.js';
import { fakeIo } from '../../../support/fake-io.js';
import { CASES, diagnosed } from '../../../support/printed-configuration.js';

const folder = `.cache/configuration-${process.pid}`;
const pathOf = (file: string): string => fileURLToPath(new URL(`../../../../${file}`, import.meta.url));

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

  it('is not there while something is wrong', async () => {
    const provider = await createTestIssuer({ url: 'https://id.example.com' });
    vi.stubGlobal('fetch', provider.fetch);
    const world = fakeIo('no token');
    expect(await run(['doctor', '--issuer', 'https://id.example.com', '--json'], world.io)).toBe(1);
    expect(JSON.parse(world.stdout())).not.toHaveProperty('configuration');
  });
});
