import { createDownstream, type DownstreamOptions, type DownstreamToken } from 'intentkit-auth/downstream';
import { afterAll, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { sealed, sealFor } from '../../../downstream/seal.js';
import { type OAuthServer, startOAuthServer } from '../../support/oauth-server.js';
import { memoryStore } from '../../support/stores.js';

/* Who has both the store and the token of a caller can seal an entry. Only a usable one may count. */

const server: OAuthServer = await startOAuthServer();
afterAll(() => server.close());
beforeEach(() => {
  server.received.length = 0;
  server.replies.set('/token', () => EXCHANGED);
});

const CALLER = 'token-of-the-caller';
const EXCHANGED = { access_token: 'from-the-issuer', token_type: 'Bearer', expires_in: 600, scope: 'read' };
const now = Math.floor(Date.now() / 1000);
const GOOD = { token: 'kept', expiresAt: now + 600, scopes: ['read'] };

/** Asks for a token while the store has this text, sealed for the caller. */
async function askWith(text: string, scopes = ['read']): Promise<DownstreamToken> {
  const cache = memoryStore();
  const context = ['token-exchange', server.issuer, null, 'mcp-server', 'https://orders.example/', null];
  const seal = await sealFor(CALLER, JSON.stringify([...context, ...scopes]));
  const bytes = await sealed(text, seal);
  cache.map.set(`intentkit-auth:downstream:${seal.name}`, Buffer.from(bytes).toString('base64url'));
  return create({ cache }).for({ resource: 'https://orders.example/', scopes })(CALLER);
}
const create = (more: Partial<DownstreamOptions>) =>
  createDownstream({ issuer: server.issuer, clientId: 'mcp-server', clientAuth: { secret: 'x' }, ...more });

it.each([['read'], []])('A stored token of the expected shape is used', async (...scopes) => {
  expect((await askWith(JSON.stringify(GOOD), scopes)).token).toBe('kept');
  expect(server.to('/token')).toHaveLength(0);
});

// biome-ignore format: a table
const FORGED: ReadonlyArray<readonly [what: string, text: string]> = [
  ['no text', ''],
  ['no JSON', 'token'],
  ['null', 'null'],
  ['a number', '5'],
  ['a text', '"token"'],
  ['a list', '["token"]'],
  ['no members', '{}'],
  ['a member too few', JSON.stringify({ ...GOOD, scopes: undefined })],
  ['a member too many', JSON.stringify({ ...GOOD, more: 1 })],
  ['an own "__proto__"', JSON.stringify(GOOD).replace('{', '{"__proto__":{},')],
  ['another order', JSON.stringify({ scopes: GOOD.scopes, token: GOOD.token, expiresAt: GOOD.expiresAt })],
  ['no scopes', JSON.stringify({ ...GOOD, scopes: [] })],
  ['another scope', JSON.stringify({ ...GOOD, scopes: ['write'] })],
  ['scopes as text', JSON.stringify({ ...GOOD, scopes: 'read' })],
  ['scopes as an object', JSON.stringify({ ...GOOD, scopes: { 0: 'read', length: 1 } })],
  ['a scope that is no text', JSON.stringify({ ...GOOD, scopes: ['read', 5] })],
  ['a token that is no text', JSON.stringify({ ...GOOD, token: 5 })],
  ['an empty token', JSON.stringify({ ...GOOD, token: '' })],
  ['a token with a line break', JSON.stringify({ ...GOOD, token: 'a\r\nx-admin: 1' })],
  ['a token that is too long', JSON.stringify({ ...GOOD, token: 'a'.repeat(65_537) })],
  ["the caller's own token", JSON.stringify({ ...GOOD, token: CALLER })],
  ['an end as text', JSON.stringify({ ...GOOD, expiresAt: String(GOOD.expiresAt) })],
  ['no end', JSON.stringify({ ...GOOD, expiresAt: null })],
  ['an end that is never reached', JSON.stringify(GOOD).replace(String(GOOD.expiresAt), '1e999')],
  ['an end later than any that is kept', JSON.stringify({ ...GOOD, expiresAt: now + 100_000 })],
  ['an end in the past', JSON.stringify({ ...GOOD, expiresAt: now - 1 })],
];
it.each(FORGED)('A forged entry of the store counts as absent: %s', async (_, text) => {
  expect((await askWith(text)).token).toBe('from-the-issuer');
  expect(server.to('/token')).toHaveLength(1);
});

it('A stored token is not used for another endpoint of the same issuer', async () => {
  const cache = memoryStore();
  const target = { resource: 'https://orders.example/', scopes: ['read'] };
  server.replies.set('/other', () => EXCHANGED);
  for (const endpoint of ['/token', '/other', '/token']) {
    await create({ cache, issuer: 'same', endpoint: server.issuer + endpoint }).for(target)(CALLER);
  }
  expect(server.received.map(({ path }) => path)).toEqual(['/token', '/other']);
  expect(cache.map.size).toBe(2);
});

it('A token that the API answers with 401 is exchanged anew for all processes, at most once in 10 s', async () => {
  const cache = memoryStore();
  let apiStatus = 200;
  let count = 0;
  const sent: unknown[] = [];
  server.replies.set('/token', () => {
    count += 1;
    return { ...EXCHANGED, access_token: `token-${count}` };
  });
  const fetch = async (_: unknown, init?: RequestInit): Promise<Response> => {
    sent.push(new Headers(init?.headers).get('authorization'));
    return new Response(null, { status: apiStatus });
  };
  const target = {
    resource: 'https://orders.example/',
    scopes: ['read'],
    fetch: fetch as typeof globalThis.fetch,
  };
  const [first, second] = [create({ cache }).for(target), create({ cache }).for(target)];
  const call = async (api = first): Promise<unknown> => {
    await api.fetch(CALLER, '/');
    return sent.at(-1);
  };
  vi.useFakeTimers({ toFake: ['Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  expect([await call(), await call(second)]).toEqual(['Bearer token-1', 'Bearer token-1']);
  vi.advanceTimersByTime(9999);
  apiStatus = 401;
  expect([await call(), await call()]).toEqual(['Bearer token-1', 'Bearer token-1']);
  vi.advanceTimersByTime(1);
  for (const status of [200, 403, 500]) {
    apiStatus = status;
    expect(await call()).toBe('Bearer token-1');
  }
  apiStatus = 401;
  expect([await call(), await call(), await call()]).toEqual([
    'Bearer token-1',
    'Bearer token-2',
    'Bearer token-2',
  ]);
  // The second process drops the old token too, and then finds the new one in the store.
  expect([await call(second), await call(create({ cache }).for(target))]).toEqual([
    'Bearer token-1',
    'Bearer token-3',
  ]);
});
