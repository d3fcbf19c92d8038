import { OAuthMetadataSchema } from '@modelcontextprotocol/sdk/shared/auth.js';
import { createAuthClient } from 'intentkit-auth';
import {
  createTestIssuer,
  type TestFault,
  type TestIssuer,
  type TestIssuerOptions,
} from 'intentkit-auth/testing';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { ASYMMETRIC_ALGORITHMS } from '../../src/signature/algorithms.js';
import { outcome } from '../support/outcome.js';

const MODES = [
  { mode: 'in memory', listens: false },
  { mode: 'over HTTP', listens: true },
];

async function start(listens: boolean, options?: TestIssuerOptions): Promise<TestIssuer> {
  const issuer = await createTestIssuer(options);
  onTestFinished(() => issuer.close());
  if (listens) await issuer.listen();
  return issuer;
}

/** A client that uses the issuer. If the issuer listens, the client uses the global `fetch`. */
const clientOf = (issuer: TestIssuer, listens: boolean, timeout = '5s') =>
  createAuthClient({
    jwksUrl: issuer.jwksUrl,
    issuer: issuer.url,
    jwks: { timeout, ...(listens ? {} : { fetch: issuer.fetch }) },
    onWarning: () => {},
  });

afterEach(() => void vi.useRealTimers());

describe.each(MODES)('A test issuer $mode', ({ listens }) => {
  it.each([
    ['https://issuer.test', '', '/.well-known/openid-configuration'],
    ['https://issuer.test/', '/', '/.well-known/openid-configuration'],
    ['https://issuer.test/tenant-a', '/tenant-a', '/tenant-a/.well-known/openid-configuration'],
  ])('serves the metadata of %s at the locations of both standards', async (url, path, openId) => {
    const issuer = await start(listens, { url });
    const origin = listens ? /^http:\/\/127\.0\.0\.1:\d+/ : /^https:\/\/issuer\.test/;
    expect(issuer.url.replace(origin, '')).toBe(path);
    const oauth = `/.well-known/oauth-authorization-server${path.replace(/\/$/, '')}`;
    for (const place of [oauth, openId]) {
      const response = await (listens ? fetch : issuer.fetch)(new URL(place, issuer.url));
      expect(await response.json()).toMatchObject({ issuer: issuer.url, jwks_uri: issuer.jwksUrl });
    }
    expect(issuer.requests.map((request) => request.path)).toEqual([oauth, openId]);
  });

  it('says at its authorization endpoint that it does not log users in', async () => {
    const issuer = await start(listens, { url: 'https://issuer.test/tenant-a' });
    const ask = listens ? fetch : issuer.fetch;
    const discovery = await ask(`${issuer.url}/.well-known/openid-configuration`);
    const metadata = OAuthMetadataSchema.parse(await discovery.json());
    for (const method of ['GET', 'POST']) {
      const response = await ask(`${metadata.authorization_endpoint}?response_type=code`, { method });
      expect(response.status).toBe(501);
      expect(await response.text()).toBe(
        'The test issuer does not log users in. Create tokens with "token()", or use oidc-provider to test a login.',
      );
    }
  });

  it.each<[TestFault, RegExp]>([
    ['404', /answered 404, not 200$/],
    ['429', /answered 429, not 200$/],
    ['500', /answered 500, not 200$/],
    ['503', /answered 503, not 200$/],
    ['hang', /did not answer within 0\.3 s$/],
    ['reset', /\(ECONNRESET|UND_ERR_SOCKET\)$/],
    ['truncated', /the request failed( \((ECONNRESET|UND_ERR_SOCKET)\))?$/],
    ['empty', /no key for an accepted algorithm$/],
    ['weak', /no key for an accepted algorithm; ignored: 1 short$/],
    ['html', /did not answer with JSON$/],
    ['redirect', /answered 302, not 200$/],
    ['too-large', /more than 1 MiB$/],
  ])('that fails with "%s" causes ERR_JWKS_UNAVAILABLE until it recovers', async (fault, why) => {
    const issuer = await start(listens);
    const client = clientOf(issuer, listens, fault === 'hang' ? '0.3s' : '5s');
    const token = await issuer.token();
    issuer.fail(fault);
    expect(await outcome(client, token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(client.status().jwks?.lastError).toMatch(why);
    issuer.recover();
    expect(await outcome(clientOf(issuer, listens), token)).toBe('valid');
  });

  it('removes the old key on a rotation unless it is kept, and can still sign with it', async () => {
    const issuer = await start(listens);
    const verdictOf = async (keyId: string) =>
      outcome(clientOf(issuer, listens), await issuer.token({}, { keyId }));
    const first = issuer.keyId;
    const second = issuer.rotate();
    expect([second, await verdictOf(second), await verdictOf(first)]).toEqual([issuer.keyId, 'valid', 'key']);
    const third = issuer.rotate({ keepOld: true });
    expect([await verdictOf(third), await verdictOf(second), await verdictOf(first)]).toEqual([
      'valid',
      'valid',
      'key',
    ]);
    expect(await verdictOf('never-heard-of')).toBe('key');
  });

  it('works while a test fakes the clock and all timers', async () => {
    // By default, vitest does not fake `nextTick` and `queueMicrotask`, without which Node does not work.
    vi.useFakeTimers({ now: Date.UTC(2030, 0, 1) });
    const issuer = await start(listens);
    const client = clientOf(issuer, listens);
    const token = await issuer.token({}, { expiresIn: '5m' });
    expect(decodeJwt(token).exp).toBe(Date.UTC(2030, 0, 1, 0, 5) / 1000);
    expect(await outcome(client, token)).toBe('valid');
    vi.advanceTimersByTime(300_000);
    expect(await outcome(client, token)).toBe('expired');
    issuer.fail('hang');
    issuer.rotate();
    const later = outcome(client, await issuer.token());
    await vi.advanceTimersByTimeAsync(5000);
    expect(await later).toBe('ERR_JWKS_UNAVAILABLE');
  });

  it('can fail only for its keys, or only for its discovery', async () => {
    const issuer = await start(listens);
    const get = listens ? fetch : issuer.fetch;
    const discovery = new URL('/.well-known/openid-configuration', issuer.url).href;
    const statuses = async () => [(await get(issuer.jwksUrl)).status, (await get(discovery)).status];
    issuer.fail('503', { only: 'keys' });
    expect(await statuses()).toEqual([503, 200]);
    issuer.fail('503', { only: 'discovery' });
    expect(await statuses()).toEqual([200, 503]);
    issuer.fail('wrong-issuer');
    expect((await (await get(discovery)).json()).issuer).toBe(`${issuer.url}/`);
    expect((await get(issuer.jwksUrl)).status).toBe(200);
  });

  it('records requests with their headers', async () => {
    const issuer = await start(listens);
    await (listens ? fetch : issuer.fetch)(`${issuer.url}/elsewhere?a=b`, { headers: { 'X-Caller': 'me' } });
    expect(issuer.requests).toEqual([
      { method: 'GET', path: '/elsewhere?a=b', headers: expect.objectContaining({ 'x-caller': 'me' }) },
    ]);
  });

  it('ends hanging requests when it is closed, even if it is closed twice', async () => {
    const issuer = await start(listens);
    issuer.fail('hang');
    const hanging = (listens ? fetch : issuer.fetch)(issuer.jwksUrl);
    hanging.catch(() => {});
    await vi.waitUntil(() => issuer.requests.length === 1);
    await Promise.all([issuer.close(), issuer.close()]);
    await expect(hanging).rejects.toThrow();
  });
});

describe('A token of a test issuer', () => {
  it.each(ASYMMETRIC_ALGORITHMS)(
    'signed with %s verifies with the published keys, which are not private',
    async (algorithm) => {
      const issuer = await start(false, { algorithm, audience: 'my-api' });
      const token = await issuer.token({ sub: 'user-1' });
      const { keys } = await (await issuer.fetch(issuer.jwksUrl)).json();
      expect(keys).toEqual([expect.objectContaining({ kid: issuer.keyId, alg: algorithm, use: 'sig' })]);
      expect(keys[0]).not.toHaveProperty('d');
      const claims = { issuer: issuer.url, audience: 'my-api', subject: 'user-1', algorithms: [algorithm] };
      await expect(jwtVerify(token, keys[0], claims)).resolves.toBeDefined();
      expect(await outcome(clientOf(issuer, false), token)).toBe('valid');
    },
  );

  it('has the requested header, audience and claims, and omits claims that are undefined', async () => {
    const issuer = await start(false, { audience: 'usual' });
    const token = await issuer.token(
      { exp: undefined, iss: 'someone else', role: 'editor' },
      { audience: ['a', 'b'], header: { typ: 'at+jwt', crit: ['x'], x: 1, alg: 'none' } },
    );
    const iat = expect.any(Number);
    expect(decodeJwt(token)).toEqual({ iss: 'someone else', aud: ['a', 'b'], iat, role: 'editor' });
    const kid = issuer.keyId;
    expect(decodeProtectedHeader(token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid, crit: ['x'], x: 1 });
  });

  it.each(['-1s', '-5m', '-30d', '0s'])(
    'with the lifetime %s has expired, and was issued an hour before that',
    async (expiresIn) => {
      const issuer = await start(false);
      const token = await issuer.token({}, { expiresIn });
      const { iat = 0, exp = 0, nbf } = decodeJwt(token);
      expect([exp - iat, nbf]).toEqual([3600, undefined]);
      expect(await outcome(clientOf(issuer, false), token)).toBe('expired');
    },
  );
});

describe('A test issuer that listens', () => {
  it('also works with jose', async () => {
    const issuer = await start(true);
    const keys = createRemoteJWKSet(new URL(issuer.jwksUrl));
    await expect(jwtVerify(await issuer.token({ sub: 'a' }), keys)).resolves.toMatchObject({
      payload: { sub: 'a' },
    });
  });

  it('listens on a chosen port, says if it is in use, and can then use another', async () => {
    const [first, second] = [await start(true), await start(false)];
    const port = Number(new URL(first.url).port);
    await expect(second.listen({ port })).rejects.toThrow('EADDRINUSE');
    expect(second.url).toBe('https://issuer.test');
    await first.close();
    await second.listen({ port });
    expect(second.jwksUrl).toMatch(`http://127.0.0.1:${port}/`);
    expect((await fetch(second.jwksUrl)).status).toBe(200);
  });
});

describe('A test issuer explains mistakes in one sentence:', () => {
  it.each([
    [
      'an unknown algorithm',
      () => createTestIssuer({ algorithm: 'HS256' as never }),
      /^"algorithm" must be one of RS256,/,
    ],
    ['an invalid URL', () => createTestIssuer({ url: 'issuer' }), /^"url" must be an http: or https: URL/],
    ['a URL with a query', () => createTestIssuer({ url: 'https://a.test/?b' }), /^"url" must be/],
    [
      'an unknown fault',
      async () => (await start(false)).fail('bad' as never),
      /^The fault must be one of 404, 429/,
    ],
    [
      'a fault that is inherited',
      async () => (await start(false)).fail('toString' as never),
      /^The fault must be/,
    ],
    [
      'an invalid lifetime',
      async () => (await start(false)).token({}, { expiresIn: '5x' }),
      /^"expiresIn" must be/,
    ],
    ...[0, 65_536, 80.5, '80'].map((port): [string, () => Promise<unknown>, RegExp] => [
      `the port ${JSON.stringify(port)}`,
      async () => (await start(false)).listen({ port: port as number }),
      /^"port" must be a port, from 1 to 65535/,
    ]),
    [
      'a request to another host',
      async () => (await start(false)).fetch('https://b.test/'),
      /^The test issuer is at https:\/\/issuer\.test, not at https:\/\/b\.test\.$/,
    ],
  ])('%s', async (_, use, message) => {
    await expect(use()).rejects.toThrow(message);
  });
});
