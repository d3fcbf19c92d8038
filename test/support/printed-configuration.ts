// The configurations that the doctor prints, for tests that use them as a user does.
import { createTestIssuer } from 'intentkit-auth/testing';
import { expect, vi } from 'vitest';
import { run } from '../../cli/run.js';
import { fakeIo } from './fake-io.js';

const ODD = `it's "odd" \\ \u202e\n\${x}`;
/** What the doctor is told of an issuer, each of which needs another configuration. */
export const CASES: { what: string; issuer: string; audience?: string; args?: string[]; env?: string }[] = [
  { what: 'discovers its keys', issuer: 'https://id.example.com', audience: 'my-api' },
  { what: 'has no audience', issuer: 'https://id.example.com/tenant' },
  { what: 'has a name with odd characters', issuer: 'https://id.example.com', audience: ODD },
  {
    what: 'has a name too long for one line',
    issuer: 'https://id.example.com/a-tenant',
    audience: 'https://api.example.com/orders/v1',
  },
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
export async function diagnosed({ issuer, audience, args = [] }: (typeof CASES)[number]) {
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
