// Runs the blocks of docs/migration.md, those of the other library and ours, with the same tokens. The page names each difference.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { createTestIssuer } from 'intentkit-auth/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { tablesOf } from '../support/markdown.js';
import { AUDIENCE, answerOf, ask, asWord, type Block, withAddedRoute } from '../support/migration-blocks.js';
import { mint, segment } from '../support/mint.js';
import { withSegment } from '../support/tamper.js';

const ROOT = new URL('../../', import.meta.url);
const page = await readFile(new URL('docs/migration.md', ROOT), 'utf8');

/** The first two blocks about each library: the code before, and the code now. */
const BLOCKS = page
  .split(/^## /m)
  .filter((section) => /^From \D/.test(section))
  .map((section): [library: string, ...blocks: string[]] => [
    section.split('\n')[0]?.replace('From ', '') ?? '',
    ...Array.from(section.matchAll(/^```ts\n(.*?)^```$/gms), ([, code = '']) => code),
  ]);
const codeOf = new Map(BLOCKS.map(([library, before = '', now = '']) => [library, { before, now }]));

const LIBRARIES = [
  'jsonwebtoken',
  'jose',
  'jwks-rsa',
  'express-jwt',
  'express-oauth2-jwt-bearer',
  'passport-jwt',
  '@fastify/jwt',
  'fast-jwt',
  'aws-jwt-verify',
  "hono's jwt",
  "hono's jwk",
];

it('docs/migration.md has two blocks of at most 15 lines about each library', () => {
  expect(BLOCKS.map(([library]) => library)).toEqual(LIBRARIES);
  for (const [library, ...blocks] of BLOCKS) {
    const long = blocks.filter((block) => block.trimEnd().split('\n').length > 15);
    expect([library, blocks.length, long]).toEqual([library, 2, []]);
  }
});

// Inside the repository, so that the blocks find their packages.
const folder = fileURLToPath(new URL(`.cache/migration-${process.pid}/`, ROOT));
beforeAll(() => mkdir(folder, { recursive: true }));
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function load(code: string): Promise<Block> {
  files += 1;
  const file = `${folder}${files}.ts`;
  await writeFile(file, withAddedRoute(code));
  return import(/* @vite-ignore */ file);
}

const SECRET = 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^';
const COGNITO = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_aBcDeFgHi';
const NOW = Math.floor(Date.now() / 1000);

/** Makes the tokens of one kind of issuer. `audience` is the claim that says for whom a token is. */
interface Mint {
  readonly audience: 'aud' | 'client_id';
  token(claims?: object): string | Promise<string>;
  /** By another key with the same name. */
  foreign(): string | Promise<string>;
  /** By the key, with an algorithm that the configuration does not have. */
  confused(): string;
}

function secretMint(): Mint {
  vi.stubEnv('JWT_SECRET', SECRET);
  const usual = { iss: 'https://id.example.com', aud: AUDIENCE, sub: 'user-1', iat: NOW, exp: NOW + 600 };
  const token = (claims = {}, key = SECRET, alg = 'HS256') =>
    mint({ header: { alg, typ: 'JWT' }, payload: { ...usual, ...claims }, key });
  return {
    audience: 'aud',
    token: (claims) => token(claims),
    foreign: () => token({}, SECRET.toLowerCase()),
    confused: () => token({}, SECRET, 'HS512'),
  };
}

async function keysMint(isCognito: boolean) {
  const algorithm = isCognito ? 'RS256' : 'ES256';
  const [issuer, other] = await Promise.all(
    [1, 2].map(() => createTestIssuer({ algorithm, ...(isCognito && { url: COGNITO }) })),
  );
  if (!issuer || !other) throw new Error('There are two issuers.');
  if (isCognito) vi.stubGlobal('fetch', issuer.fetch);
  else await issuer.listen();
  onTestFinished(() => issuer.close());
  vi.stubEnv('ISSUER', issuer.url);
  const usual = {
    iss: issuer.url,
    sub: 'user-1',
    ...(isCognito ? { client_id: 'app-1', token_use: 'access' } : { aud: AUDIENCE, scope: 'read' }),
  };
  const jwks = await (await issuer.fetch(issuer.jwksUrl)).json();
  const kid = issuer.keyId;
  const made: Mint = {
    audience: isCognito ? 'client_id' : 'aud',
    token: (claims) => issuer.token({ ...usual, ...claims }),
    foreign: () => other.token(usual, { keyId: kid }),
    confused: () =>
      mint({
        header: { alg: 'HS256', typ: 'JWT', kid },
        payload: { ...usual, iat: NOW, exp: NOW + 600 },
        key: JSON.stringify(jwks.keys[0]),
      }),
  };
  return { made, issuer, jwks };
}

/** Both blocks of a library, and what makes their tokens. */
async function start(library: string) {
  const code = codeOf.get(library) ?? { before: '', now: '' };
  const keys = code.now.includes('JWT_SECRET') ? undefined : await keysMint(code.now.includes(COGNITO));
  const made = keys?.made ?? secretMint();
  const before = await load(code.before);
  before.verifier?.cacheJwks(keys?.jwks);
  return { made, issuer: keys?.issuer, before, now: await load(code.now) };
}

/** The tokens that our code must refuse. */
const BAD: Readonly<Record<string, (by: Mint) => string | Promise<string>>> = {
  'is expired': (by) => by.token({ iat: NOW - 7200, exp: NOW - 3600 }),
  'is not valid yet': (by) => by.token({ nbf: NOW + 300 }),
  'has another issuer': (by) => by.token({ iss: 'https://other.example.com' }),
  'has no issuer': (by) => by.token({ iss: undefined }),
  'has another audience': (by) => by.token({ [by.audience]: 'other' }),
  'has no audience': (by) => by.token({ [by.audience]: undefined }),
  'is signed with another key': (by) => by.foreign(),
  'is signed with another algorithm': (by) => by.confused(),
  'is not signed': async (by) =>
    withSegment(await by.token(), 0, () => segment({ alg: 'none' })).replace(/[^.]+$/, ''),
  'has an edited payload': async (by) =>
    withSegment(await by.token(), 1, (payload) =>
      segment({ ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sub: 'root' }),
    ),
  'is not a JWT': () => 'opaque',
};
/** Tokens that nothing says to refuse, so that libraries differ. */
const UNUSUAL: typeof BAD = {
  'has no `exp`': (by) => by.token({ exp: undefined }),
  'has an `iat` in the future': (by) => by.token({ iat: NOW + 300 }),
  'has a number as `sub`': (by) => by.token({ sub: 42 }),
  'has text as `exp`': (by) => by.token({ exp: String(NOW + 300) }),
  'has `=` at its end': async (by) => `${await by.token()}=`,
};

/** The rows of a table of the page that name a library in their first cell, without that cell. */
const rowsOf = (head: string, library: string): string[] =>
  tablesOf(page)
    .filter((table) => table.head.join() === head)
    .flatMap(({ rows }) => rows)
    .filter(([names = '']) => names.split(', ').includes(library))
    .map(([, ...cells]) => cells.join(' | '));

describe.each(LIBRARIES)('The code that replaces %s', (library) => {
  it('accepts the same token, refuses the same tokens, and differs only where the page says so', async () => {
    const { made, before, now } = await start(library);
    const good = await made.token();
    expect(await ask(before, good)).toEqual({ verdict: 'accepted', sub: 'user-1' });
    expect(await ask(now, good)).toEqual({ verdict: 'accepted', sub: 'user-1' });
    if (before.issue && now.issue) {
      for (const token of [await before.issue('user-2'), await now.issue('user-2')].map(String)) {
        expect(await ask(before, token)).toEqual({ verdict: 'accepted', sub: 'user-2' });
        expect(await ask(now, token)).toEqual({ verdict: 'accepted', sub: 'user-2' });
      }
    }

    const differences: string[] = [];
    for (const [what, make] of Object.entries({ ...BAD, ...UNUSUAL })) {
      const token = await make(made);
      const [there, here] = [asWord(await ask(before, token)), asWord(await ask(now, token))];
      if (what in BAD) expect([what, here]).toEqual([what, 'refused']);
      if (there !== here) differences.push(`${what} | ${there} | ${here}`);
    }
    expect(rowsOf('library,a token that,there,here', library).toSorted()).toEqual(differences.toSorted());
  });
});

const MIDDLEWARE = LIBRARIES.filter((library) => codeOf.get(library)?.now.includes('export const app'));
it('The page has a block for each middleware', () => expect(MIDDLEWARE).toHaveLength(6));
describe.each(MIDDLEWARE)('The middleware that replaces %s', (library) => {
  it('protects the routes that the other library protects, also one that is added later', async () => {
    const { made, before, now } = await start(library);
    const authorization = `Bearer ${await made.token()}`;
    for (const { app } of [before, now]) {
      expect((await answerOf(app, {})).status).toBe(401);
      expect((await answerOf(app, {}, '/added')).status).toBe(401);
      expect(await answerOf(app, { authorization }, '/added')).toMatchObject({ status: 200, body: 'added' });
    }
    // Only the routes of one library ask for a scope.
    const other = await made.token({ scope: 'other' });
    expect(asWord(await ask(now, other))).toBe(asWord(await ask(before, other)));
  });

  it('serves the metadata that its challenge names', async () => {
    const { now } = await start(library);
    const { challenge } = await answerOf(now.app, {}, '/added');
    const named = new URL(/resource_metadata="([^"]*)"/.exec(challenge)?.[1] ?? '');
    const { status, body } = await answerOf(now.app, {}, named.pathname);
    expect([status, JSON.parse(body).resource]).toEqual([200, AUDIENCE]);
  });
});

const REMOTE = LIBRARIES.filter((library) => codeOf.get(library)?.now.includes('ISSUER'));
describe.each(REMOTE)('Without the keys of the issuer, the code that replaces %s', (library) => {
  it('says so, where the page says what the library answers', async () => {
    const { made, issuer, before, now } = await start(library);
    const warn = vi.spyOn(process, 'emitWarning').mockReturnValue();
    vi.spyOn(console, 'error').mockReturnValue();
    issuer?.fail('503');
    const good = await made.token();
    const [there, here] = [(await ask(before, good)).verdict, (await ask(now, good)).verdict];
    expect(here).toBe(now.userOf ? 'ERR_JWKS_UNAVAILABLE' : '503');
    const cells = [there, here].map((verdict) => (/^\d+$/.test(verdict) ? verdict : `\`${verdict}\``));
    expect(rowsOf('library,there,here', library)).toEqual([cells.join(' | ')]);
    expect(warn).toHaveBeenCalledOnce();
  });
});
