import { type AuthProviderConfig, createAuthClient, type HeadersFunction } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { expect, it, vi } from 'vitest';
import { freezeClock, moveClock } from '../../../support/clock.js';
import { mark, searchFor } from '../../../support/leaks.js';
import { outcome } from '../../../support/outcome.js';

freezeClock();

const URL_OF_KEYS = 'https://issuer.test/.well-known/jwks.json';
const CREDENTIAL = mark('credential');
const leaked = searchFor({ credential: CREDENTIAL });

/** A client of a test issuer, and what it has warned of. */
async function start(headers: unknown, more: object = {}) {
  const issuer = await createTestIssuer();
  const warnings: unknown[] = [];
  const jwks = { headers, fetch: issuer.fetch, ...more };
  const config = { jwksUrl: URL_OF_KEYS, jwks, onWarning: (...warning: unknown[]) => warnings.push(warning) };
  return { issuer, warnings, client: createAuthClient(config as AuthProviderConfig) };
}

it.each<[how: string, wrap: (headers: Record<string, string>) => ReturnType<HeadersFunction>]>([
  ['at once', (headers) => headers],
  ['later', async (headers) => headers],
])('A function that returns headers %s is called for each fetch', async (_, wrap) => {
  let calls = 0;
  const { issuer, client } = await start(() => wrap({ Authorization: `Bearer ${++calls}` }));
  expect(calls).toBe(0);
  for (const [minutes, sent] of [
    [0, ['1']],
    [11, ['1', '2']],
    [11.5, ['1', '2']],
  ] as const) {
    moveClock(minutes * 60_000);
    expect(await outcome(client, await issuer.token())).toBe('valid');
    expect(issuer.requests.map(({ headers }) => headers.authorization)).toEqual(
      sent.map((number) => `Bearer ${number}`),
    );
  }
});

it('With discovery, a function is called only for requests to the origin of the issuer', async () => {
  const issuer = await createTestIssuer();
  const headers = vi.fn<HeadersFunction>(() => ({ 'x-key': 'k' }));
  const seen: [url: string, key: string | null][] = [];
  const moved = 'https://keys.example/jwks';
  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    seen.push([String(input), new Headers(init?.headers).get('x-key')]);
    if (String(input) === moved) return issuer.fetch(issuer.jwksUrl);
    return Response.json({ issuer: issuer.url, jwks_uri: moved });
  };
  const client = createAuthClient({ issuers: [{ issuer: issuer.url, headers, fetch }] });
  expect(await outcome(client, await issuer.token())).toBe('valid');
  const metadata = 'https://issuer.test/.well-known/oauth-authorization-server';
  expect(seen).toEqual([
    [metadata, 'k'],
    [moved, null],
  ]);
  expect(headers).toHaveBeenCalledTimes(1);
});

const THREW = 'threw an error';
const NO_HEADERS = 'did not return an object of valid header names and values';
const thrown = Object.assign(new Error(CREDENTIAL), { code: CREDENTIAL.replace(/\W/g, '_').slice(0, 40) });

// biome-ignore format: one function per line
it.each<[title: string, headers: () => unknown, problem: string]>([
  ['throws', () => { throw thrown; }, THREW],
  ['rejects', () => Promise.reject(thrown), THREW],
  ['rejects with a value that is no error', () => Promise.reject(CREDENTIAL), THREW],
  ['returns an object whose getter throws', () => Object.defineProperty({}, 'a', { enumerable: true, get: () => { throw thrown; } }), THREW],
  ['returns nothing', () => undefined, NO_HEADERS],
  ['returns null', () => null, NO_HEADERS],
  ['returns text', () => CREDENTIAL, NO_HEADERS],
  ['returns a list', () => [['authorization', CREDENTIAL]], NO_HEADERS],
  ['returns a function', async () => () => ({ authorization: CREDENTIAL }), NO_HEADERS],
  ['returns inherited headers', () => Object.create({ authorization: CREDENTIAL }), NO_HEADERS],
  ['returns a value that is no text', () => ({ authorization: [CREDENTIAL] }), NO_HEADERS],
  ['returns a value with a line break', () => ({ authorization: `${CREDENTIAL}\n${CREDENTIAL}` }), NO_HEADERS],
  ['returns a name with a space', () => ({ [`a ${CREDENTIAL}`]: 'b' }), NO_HEADERS],
])('A function for headers that %s is a failed fetch, which repeats nothing of it', async (_, headers, problem) => {
  const calls = vi.fn(headers);
  const { issuer, client, warnings } = await start(calls);
  const token = await issuer.token();
  const error: unknown = await client.verify(token).catch((reason: unknown) => reason);
  const message = `the "headers" function ${problem}`;
  expect(error).toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE', retryAfter: 1, message: expect.stringContaining(message) });
  expect(client.status().jwks?.lastError).toBe(message);
  expect(issuer.requests).toEqual([]);
  expect(leaked([error, warnings, client.status()])).toEqual([]);

  // The back-off paces the calls. After it, a function that works again ends the outage.
  calls.mockReturnValue({ authorization: 'Bearer good' });
  expect(await outcome(client, token)).toBe('ERR_JWKS_UNAVAILABLE');
  expect(calls).toHaveBeenCalledTimes(1);
  moveClock(2000);
  expect(await outcome(client, token)).toBe('valid');
  expect(calls).toHaveBeenCalledTimes(2);
});

it('A function for headers that hangs ends with the timeout, and its late headers are not sent', async () => {
  let answer: (headers: object) => void = () => {};
  const hanging = new Promise((resolve) => {
    answer = resolve;
  });
  const { issuer, client } = await start(() => hanging, { timeout: '0.02s' });
  const token = await issuer.token();
  await expect(client.verify(token)).rejects.toMatchObject({
    code: 'ERR_JWKS_UNAVAILABLE',
    message: expect.stringContaining('the "headers" function did not answer within 0.02 s'),
  });
  answer({ authorization: 'Bearer late' });
  await hanging;
  expect(issuer.requests).toEqual([]);
});
