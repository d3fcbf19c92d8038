/** Tests rotations with caches, replicas and outdated documents: no valid token may be refused with the reason "key". */
import type { KeyObject } from 'node:crypto';
import { type AuthClient, createAuthClient, type JwksOptions } from 'intentkit-auth';
import { beforeEach, expect, it, vi } from 'vitest';
import {
  at,
  createRsaSigner,
  HOUR,
  keepInMemory,
  now,
  type Published,
  pass,
  SECOND,
  stopClocks,
  unknown,
} from '../../../support/jwks-simulation.js';
import { mint } from '../../../support/mint.js';
import { outcome } from '../../../support/outcome.js';
import { memoryStore } from '../../../support/stores.js';

const NONE = 'ERR_JWKS_UNAVAILABLE';
const ISSUER = 'https://idp.example';
const k1 = createRsaSigner('k1');
const k2 = createRsaSigner('k2');

beforeEach(async () => {
  stopClocks();
  await keepInMemory();
});

type Answer = (request: { url: string; headers: Headers }) => Response;
const jwks = (...keys: readonly Published[]) => ({ keys: keys.map(({ jwk }) => jwk) });

/** Creates a client and records the URLs that it requests. */
function start(answer: Answer, options: Omit<JwksOptions, 'issuer'> & { jwksUrl?: string } = {}) {
  const requests: string[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    requests.push(String(input));
    return answer({ url: String(input), headers: new Headers(init?.headers) });
  };
  const { jwksUrl, ...jwks } = options;
  const client = jwksUrl
    ? createAuthClient({ jwksUrl, jwks: { fetch, ...jwks }, onWarning: () => {} })
    : createAuthClient({ issuers: [{ ...jwks, issuer: ISSUER, fetch }], onWarning: () => {} });
  return { client, requests };
}

const jwksUrl = `${ISSUER}/jwks`;

/** Sends a valid token every 100 ms for some time, and counts the outcomes. */
async function send(client: AuthClient, token: string, seconds: number): Promise<Record<string, number>> {
  const verified: Promise<string>[] = [];
  const until = now() + seconds * SECOND;
  for (; now() < until; await pass(100, 50)) verified.push(outcome(client, token));
  // The last tokens may still wait for another process.
  await pass(5 * SECOND, 50);
  const counts: Record<string, number> = {};
  for (const found of await Promise.all(verified)) counts[found] = (counts[found] ?? 0) + 1;
  return counts;
}

it.each([
  ['that sends the "Age" of its copies', true, false],
  ['that revalidates its copies on request', false, true],
])(
  'No valid token is refused while an edge cache %s serves a copy that is 5 s old',
  async (_, hasAge, revalidates) => {
    const rotatedAt = 60 * SECOND;
    const { client, requests } = start(
      ({ headers }) => {
        const isFresh = revalidates && headers.get('cache-control') === 'no-cache';
        const lag = isFresh ? 0 : 5 * SECOND;
        const keys = now() - lag >= rotatedAt ? [k1, k2] : [k1];
        return Response.json(jwks(...keys), { headers: hasAge && !isFresh ? { age: '5' } : {} });
      },
      { jwksUrl },
    );
    expect(await outcome(client, k1.token)).toBe('valid');
    await at(rotatedAt);
    const counts = await send(client, k2.token, 20);
    expect(counts.key).toBeUndefined();
    expect(counts.valid).toBeGreaterThan(90);
    expect(await outcome(client, k2.token)).toBe('valid');
    expect(requests.length).toBeLessThanOrEqual(4);
  },
);

it('With a cache that always sends an "Age", made-up key ids get no verdict for one cooldown, and then are refused', async () => {
  const { client } = start(() => Response.json(jwks(k1), { headers: { age: '300' } }), { jwksUrl });
  const token = unknown('made-up');
  expect(await outcome(client, token)).toBe(NONE);
  const error = await client.verify(token).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ code: NONE, retryAfter: 10 });
  await at(10 * SECOND - 1);
  expect(await outcome(client, token)).toBe(NONE);
  await at(10 * SECOND);
  expect([await outcome(client, token), await outcome(client, token)]).toEqual(['key', 'key']);
  expect(await outcome(client, k1.token)).toBe('valid');
});

it('No valid token is refused while two replicas of the endpoint serve different keys in turn', async () => {
  let asked = 0;
  const { client, requests } = start(
    () => {
      asked += 1;
      return Response.json(jwks(...(asked % 2 === 1 ? [k1, k2] : [k1])));
    },
    { jwksUrl, cacheMaxAge: '10s' },
  );
  const counts = await send(client, k2.token, 120);
  expect(counts.key).toBeUndefined();
  expect(requests.length).toBeLessThanOrEqual(40);
});

/** Answers for the two key URLs that the metadata may name. */
const keysAt = (url: string): Response => Response.json(jwks(...(url.endsWith('/new') ? [k1, k2] : [k1])));
const metadata = (name: string): Response => Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/${name}` });
const isMetadata = (url: string): boolean => url.includes('.well-known');
const ofIssuer = ({ kid, privateKey }: { kid: string; privateKey: KeyObject }): string =>
  mint({ header: { alg: 'RS256', kid }, payload: { iss: ISSUER }, key: privateKey });

it.each([
  ['with each request', (asked: number) => asked % 2 === 1],
  ['every two seconds', () => Math.floor(now() / (2 * SECOND)) % 2 === 0],
])('No valid token is refused while the metadata names two URLs in turn, %s', async (_, isNew) => {
  let asked = 0;
  const { client, requests } = start(
    ({ url }) => {
      if (!isMetadata(url)) return keysAt(url);
      asked += 1;
      return metadata(isNew(asked) ? 'new' : 'old');
    },
    { cacheMaxAge: '10s' },
  );
  const counts = await send(client, ofIssuer(k2), 120);
  expect(counts.key).toBeUndefined();
  expect(counts.valid).toBeGreaterThan(500);
  expect(requests.length).toBeLessThanOrEqual(80);
});

it('A client follows a rotation even if requests for the metadata have failed for longer than "staleIfError"', async () => {
  let isDown = false;
  let keys = [k1];
  const { client } = start(({ url }) => {
    if (!isMetadata(url)) return Response.json(jwks(...keys));
    return isDown ? new Response('', { status: 503 }) : metadata('keys');
  });
  expect(await outcome(client, ofIssuer(k1))).toBe('valid');
  isDown = true;
  await at(2 * HOUR);
  keys = [k1, k2];
  for (let hours = 2; hours < 5; hours += 1) {
    await at(hours * HOUR);
    expect([await outcome(client, ofIssuer(k1)), await outcome(client, ofIssuer(k2))]).toEqual([
      'valid',
      'valid',
    ]);
  }
});

it('A wrong metadata document ends the use of the last discovered key URL for good', async () => {
  let answer = () => metadata('keys');
  const { client } = start(({ url }) => (isMetadata(url) ? answer() : Response.json(jwks(k1))), {
    staleIfError: '0s',
  });
  expect(await outcome(client, ofIssuer(k1))).toBe('valid');
  answer = () => Response.json({ issuer: `${ISSUER}/other`, jwks_uri: `${ISSUER}/keys` });
  await at(HOUR);
  expect(await outcome(client, ofIssuer(k1))).toBe(NONE);
  answer = () => new Response('', { status: 503 });
  await at(2 * HOUR);
  expect(await outcome(client, ofIssuer(k1))).toBe(NONE);
  answer = () => metadata('keys');
  await at(3 * HOUR);
  expect(await outcome(client, ofIssuer(k1))).toBe('valid');
});

it('A key URL out of a shared store is not used once its keys are old, even if requests for the metadata fail', async () => {
  const cache = memoryStore();
  const writer = start(({ url }) => (isMetadata(url) ? metadata('keys') : Response.json(jwks(k1))), {
    cache,
  });
  const first = outcome(writer.client, ofIssuer(k1));
  await pass(SECOND, 10);
  expect(await first).toBe('valid');
  for (const [name, text] of cache.map) cache.map.set(name, text.replace('/keys', '/forged'));
  const reader = start(({ url }) => new Response('', { status: isMetadata(url) ? 503 : 404 }), {
    cache,
    staleIfError: '0s',
  });
  expect(await outcome(reader.client, ofIssuer(k1))).toBe('valid');
  cache.map.clear();
  await at(HOUR);
  const later = outcome(reader.client, ofIssuer(k1));
  await pass(5 * SECOND, 10);
  expect(await later).toBe(NONE);
  expect(reader.requests.filter((url) => !isMetadata(url))).toEqual([]);
});

it.each<[what: string, answer: () => Response]>([
  ['another issuer', () => Response.json({ issuer: `${ISSUER}/other`, jwks_uri: `${ISSUER}/keys` })],
  ['no key URL', () => Response.json({ issuer: ISSUER })],
  ['keys over http:', () => Response.json({ issuer: ISSUER, jwks_uri: 'http://idp.example/keys' })],
])('The client stops using the last discovered key URL if the metadata names %s', async (_, answer) => {
  let isWrong = false;
  const { client, requests } = start(({ url }) => {
    if (!isMetadata(url)) return Response.json(jwks(k1));
    return isWrong ? answer() : metadata('keys');
  });
  expect(await outcome(client, ofIssuer(k1))).toBe('valid');
  isWrong = true;
  await at(2 * HOUR);
  expect(await outcome(client, ofIssuer(k1))).toBe(NONE);
  expect(requests.filter((url) => url.endsWith('/keys'))).toHaveLength(1);
});

it.each([-60, -30, -5, -1, 0, 1, 5, 15, 50, 59])(
  'No valid token is refused if the clock of the process that shared the keys is %d s off',
  async (skew) => {
    const cache = memoryStore();
    let keys = [k1];
    const answer: Answer = () => Response.json(jwks(...keys));
    const other = start(answer, { jwksUrl, cache });
    const here = start(answer, { jwksUrl, cache });
    // The other clock applies only while the other process writes.
    const real = Date.now;
    const writing = vi.spyOn(Date, 'now').mockImplementation(() => real() + skew * SECOND);
    const written = outcome(other.client, k1.token);
    await pass(SECOND, 50);
    expect(await written).toBe('valid');
    writing.mockRestore();

    const first = outcome(here.client, k1.token);
    await pass(SECOND, 50);
    expect(await first).toBe('valid');
    keys = [k1, k2];
    const counts = await send(here.client, k2.token, 70);
    expect(counts).toEqual({ valid: expect.any(Number) });
    expect(other.requests.length + here.requests.length).toBeLessThanOrEqual(3);
  },
);
