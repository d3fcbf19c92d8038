// Each configuration of docs/identity-providers.md, as it stands there, with tokens of the provider's shape.
import { readFile } from 'node:fs/promises';
import { compileFunction } from 'node:vm';
import { type AuthProviderConfig, createAuthClient, type StandardSchemaV1 } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import ts from 'typescript';
import { describe, expect, it, vi } from 'vitest';
import * as z from 'zod';
import { codeIn, tablesOf } from '../support/markdown.js';
import { below, type Claims, PROVIDERS, type Provider, type Refused } from '../support/provider-tokens.js';

const PAGE = await readFile(new URL('../../docs/identity-providers.md', import.meta.url), 'utf8');
const [, ...sections] = PAGE.split(/^## /m);
const entries = new Map(sections.map((text) => [text.slice(0, text.indexOf('\n')), text]));
const entryOf = (name: string): string =>
  entries.get(name) ?? expect.fail(`The page has no entry "${name}".`);

/** The configuration of an entry, and the schema that it exports, if any. */
function configurationOf(name: string): { config: AuthProviderConfig; claims?: StandardSchemaV1 } {
  const [, block = ''] = /^```ts\n(.*?)^```$/ms.exec(entryOf(name)) ?? [];
  const { outputText } = ts.transpileModule(block, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 },
  });
  const configs: AuthProviderConfig[] = [];
  const modules = new Map<string, object>([
    ['intentkit-auth', { createAuthProvider: (config: AuthProviderConfig) => configs.push(config) }],
    ['node:fs/promises', { readFile: async () => 'pod-token\n' }],
    ['zod', z],
  ]);
  const exported: { claims?: StandardSchemaV1 } = {};
  compileFunction(outputText, ['require', 'exports'])((module: string) => modules.get(module), exported);
  const [config, ...more] = configs;
  expect(more).toEqual([]);
  return { config: config ?? expect.fail(`"${name}" has no configuration.`), ...exported };
}

const makeIssuers = async () => ({
  RS256: await createTestIssuer({ algorithm: 'RS256' }),
  ES256: await createTestIssuer({ algorithm: 'ES256' }),
});
const issuers = await makeIssuers();
/** Their keys have the same ids. */
const forgers = await makeIssuers();

/** Serves what a provider serves, at its URLs and nowhere else. */
function serve({
  name,
  keys,
  isDiscovered,
  key,
  algorithm = 'RS256',
  accepted = [],
  claims,
}: Provider): void {
  const issued = isDiscovered ? [claims, ...accepted].map(({ iss = claims.iss }) => String(iss)) : [];
  const metadata = new Map(
    issued.map((issuer) => [below(issuer, '.well-known/openid-configuration'), issuer]),
  );
  vi.stubGlobal('fetch', async (url: string, { headers }: RequestInit) => {
    const issuer = metadata.get(url);
    if (issuer) return Response.json({ issuer, jwks_uri: keys });
    const isAllowed =
      name !== 'Kubernetes' || new Headers(headers).get('authorization') === 'Bearer pod-token';
    if (url !== keys || !isAllowed) return new Response(null, { status: 404 });
    const { fetch, jwksUrl } = issuers[algorithm];
    const set = (await (await fetch(jwksUrl)).json()) as { keys: object[] };
    return Response.json({ keys: set.keys.map((jwk) => ({ ...jwk, ...key })) });
  });
}

/** The tokens that a configuration must refuse. */
function refusedBy({ claims, refused = [] }: Provider): Refused[] {
  const all: Refused[] = [
    ...refused,
    ['a token of another issuer', { iss: 'https://other.example' }, 'issuer'],
    ['a token for another audience', { aud: 'other' }, 'audience'],
    ['a token that never expires', { exp: undefined }, 'claim'],
    ['a token that has expired', { exp: 1_700_000_000 }, 'expired'],
  ];
  const isChecked = ([, changes]: Refused): boolean =>
    ['iss', 'aud'].every((claim) => !Object.hasOwn(changes, claim) || Object.hasOwn(claims, claim));
  return all.filter((one) => refused.includes(one) || isChecked(one));
}

describe.each(PROVIDERS)('The configuration of $name', (provider) => {
  const { name, algorithm = 'RS256', header, claims, accepted = [] } = provider;
  const { config, claims: schema } = configurationOf(name);
  /** What becomes of a token of the provider, with these changes. */
  async function ask(
    changes: Claims,
    otherHeader: Claims = {},
    signers = issuers,
  ): Promise<string | undefined> {
    serve(provider);
    const client = createAuthClient(config);
    const token = await signers[algorithm].token(
      { sub: 'user', iss: undefined, ...claims, ...changes },
      { header: { ...header, ...otherHeader } },
    );
    const { valid, reason } = await (schema
      ? client.verify(token, { claims: schema })
      : client.verify(token));
    return valid ? 'valid' : reason;
  }

  it.each([{}, ...accepted])('accepts its tokens %j', async (changes) => {
    expect(await ask(changes)).toBe('valid');
  });

  it.each(refusedBy(provider))('refuses %s', async (_, changes, reason, otherHeader) => {
    expect(await ask(changes, otherHeader)).toBe(reason);
  });

  it('refuses a token that is signed with another key', async () => {
    expect(await ask({}, {}, forgers)).toBe('signature');
  });
});

describe('The page about identity providers', () => {
  const names = [...PROVIDERS.map(({ name }) => name), 'AWS ALB'];
  const rows = tablesOf(PAGE).find(({ head }) => head[0] === 'provider')?.rows ?? [];
  const linkOf = ([cell = '']: readonly string[]): string | undefined => /\(#(.*)\)/.exec(cell)?.[1];
  const slug = (name: string): string => name.toLowerCase().replaceAll(' ', '-');

  it('has an entry for each provider, and no other', () => {
    const others = [
      ...['At a glance', 'Tokens without an audience', 'What cannot be verified'],
      'Your own tokens and theirs on one server',
    ];
    expect([...entries.keys()].toSorted()).toEqual([...others, ...names].toSorted());
  });

  it('begins with a table that has a row for each entry, in the same order', () => {
    expect(rows.map(linkOf)).toEqual([...entries.keys()].filter((name) => names.includes(name)).map(slug));
  });

  it.each(names)('answers the same questions for %s, in at most 28 lines', (name) => {
    const labels = Array.from(entryOf(name).matchAll(/^- \*\*(.*?):\*\* ./gm), ([, label]) => label);
    expect(labels).toEqual(['Issuer', 'Keys', 'Audience', '`typ`', 'Scopes and roles']);
    expect(entryOf(name).trimEnd().split('\n').length).toBeLessThanOrEqual(28);
  });

  it.each(PROVIDERS)(
    'has the "typ" of $name in its table, or says that it was not checked',
    ({ name, header }) => {
      const cell = rows.find((row) => linkOf(row) === slug(name))?.[4] ?? '';
      if (cell === '?') expect(entryOf(name)).toMatch(/^- \*\*`typ`:\*\* .*not checked/m);
      else
        expect(codeIn(cell).length > 0 ? codeIn(cell) : cell).toEqual(
          header.typ === undefined ? '–' : expect.arrayContaining([header.typ]),
        );
    },
  );
});

describe('What cannot be verified is refused:', () => {
  const { token, fetch, jwksUrl } = issuers.ES256;
  it.each<[what: string, made: string | Promise<string>, reason: string]>([
    ['an opaque token', 'ory_at_JGhESDjKfHMQ8Wcy0cC3.hIQxGmX37ydn8WmKAnlD3U', 'malformed'],
    ['an encrypted token', `${btoa('{"alg":"RSA-OAEP","enc":"A256GCM"}')}.YQ.YQ.YQ.YQ`, 'malformed'],
    [
      'a token with padding, such as those of AWS ALB',
      token().then((text) => text.replace('.', '=.')),
      'malformed',
    ],
    ['a token with a number as "sub"', token({ sub: 42 }), 'claim'],
  ])('%s', async (_, made, reason) => {
    const client = createAuthClient({ jwksUrl, jwks: { fetch } });
    expect(await client.verify(await made)).toMatchObject({ valid: false, reason });
  });
});
