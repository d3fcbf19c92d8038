import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { decodeProtectedHeader } from 'jose';
import type { JWK } from 'oidc-provider';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

const AUDIENCE = 'https://api.example.com';
const TOKEN_LIFETIME = 2 * 60 * 60;
const CLIENT = { id: 'agent', secret: 'the secret of the agent' };

/** One key of each kind; RS256 and PS256 share the RSA key, as they do at a provider that names no `alg`. */
const KEYS: Readonly<Record<string, () => JWK>> = {
  rsa: () => generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }) as JWK,
  ec: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' }) as JWK,
  ed: () => generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK,
};
const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

interface IdentityProvider {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** An access token by the client credentials grant. */
  token(algorithm?: Algorithm): Promise<string>;
  /** Replaces all keys, as an operator does by a new deployment without the old ones. */
  rotate(): Promise<void>;
  stop(): Promise<void>;
}

/** The real `oidc-provider`, whose keys can be replaced behind one address. */
async function startIdentityProvider(): Promise<IdentityProvider> {
  let listener: RequestListener;
  const server = createServer((request, response) => listener(request, response));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  let generation = 0;
  const rotate = async (): Promise<void> => {
    generation += 1;
    const keys = Object.entries(KEYS).map(([kind, create]) => ({
      ...create(),
      kid: `${kind}-${generation}`,
      use: 'sig',
    }));
    listener = await createListener(issuer, keys);
  };
  await rotate();

  return {
    issuer,
    jwksUrl: `${issuer}/jwks`,
    rotate,
    token: (algorithm = 'RS256') => requestToken(issuer, algorithm),
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

async function createListener(issuer: string, keys: JWK[]): Promise<RequestListener> {
  // It points out on the console that its store is in memory and that it prefers a newer Node, as if in service.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const { Provider } = await import('oidc-provider');
    const provider = new Provider(issuer, {
      jwks: { keys },
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
        },
      ],
      ttl: { ClientCredentials: TOKEN_LIFETIME },
      enabledJWA: { idTokenSigningAlgValues: [...ALGORITHMS] },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, resource) => ({
            scope: 'read',
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: new URL(resource).pathname.slice(1) as Algorithm } },
          }),
        },
      },
    });
    return provider.callback();
  } finally {
    quiet.mockRestore();
  }
}

async function requestToken(issuer: string, algorithm: Algorithm): Promise<string> {
  const response = await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`)}`,
    },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'read',
      // The resource names the algorithm, so that one provider issues them all.
      resource: `${AUDIENCE}/${algorithm}`,
    }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (!body.access_token) throw new Error(`No token, but ${response.status}: ${JSON.stringify(body)}`);
  return body.access_token;
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const passSeconds = (seconds: number): void => {
  vi.setSystemTime(Date.now() + seconds * 1000);
};

const seconds = (): number => Math.floor(Date.now() / 1000);

const kidOf = (token: string): string | undefined => decodeProtectedHeader(token).kid;

/** The token with one character of one segment replaced, still canonical base64url. */
function edited(token: string, segment: 1 | 2): string {
  const segments = token.split('.');
  const text = segments[segment] ?? '';
  segments[segment] = `${text.slice(0, 8)}${text[8] === 'A' ? 'B' : 'A'}${text.slice(9)}`;
  return segments.join('.');
}

describe('an access token of a real identity provider', () => {
  let provider: IdentityProvider;
  beforeAll(async () => {
    provider = await startIdentityProvider();
  });
  afterAll(() => provider.stop());

  const client = (changes: Partial<AuthProviderConfig> = {}) =>
    createAuthClient({
      jwksUrl: provider.jwksUrl,
      issuer: provider.issuer,
      audience: AUDIENCE,
      typ: 'at+jwt',
      requiredClaims: ['exp', 'jti', 'client_id'],
      ...changes,
    });

  it.each(ALGORITHMS)('verifies, signed with %s', async (algorithm) => {
    const token = await provider.token(algorithm);
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, typ: 'at+jwt' });
    expect(await client().verify(token)).toEqual({
      valid: true,
      expired: false,
      payload: {
        iss: provider.issuer,
        aud: AUDIENCE,
        sub: CLIENT.id,
        client_id: CLIENT.id,
        scope: 'read',
        jti: expect.any(String),
        iat: seconds(),
        exp: seconds() + TOKEN_LIFETIME,
      },
    });
  });

  it.each([
    { expected: 'the media type in full', options: { typ: 'application/at+jwt' } },
    { expected: 'its algorithm alone', options: { algorithm: 'RS256' as const } },
    { expected: 'one of two audiences', options: { audience: ['https://other.example.com', AUDIENCE] } },
    { expected: 'an age that it has not reached', options: { maxTokenAge: '1h' } },
  ])('verifies where $expected is expected', async ({ options }) => {
    expect(await client(options).verify(await provider.token())).toMatchObject({ valid: true });
  });

  it.each([
    { what: 'another audience', options: { audience: 'https://other.example.com' }, reason: 'audience' },
    { what: 'another issuer', options: { issuer: 'https://other.example.com' }, reason: 'issuer' },
    { what: 'a claim that it lacks', options: { requiredClaims: ['email'] }, reason: 'claim' },
    { what: 'a token of another type', options: { typ: 'logout+jwt' }, reason: 'claim' },
  ])('is refused, with its claims, where $what is expected', async ({ options, reason }) => {
    const verdict = await client(options).verify(await provider.token());
    expect(verdict).toMatchObject({ valid: false, expired: false, reason, payload: { sub: CLIENT.id } });
  });

  it('is refused, without its claims, where another algorithm is expected', async () => {
    const verdict = await client({ algorithm: 'ES256' }).verify(await provider.token('RS256'));
    expect(verdict).toMatchObject({ valid: false, reason: 'algorithm', payload: {} });
  });

  describe.each(ALGORITHMS)('signed with %s', (algorithm) => {
    it.each([
      { part: 'payload', segment: 1 as const },
      { part: 'signature', segment: 2 as const },
    ])('is refused, without its claims, once its $part was edited', async ({ segment }) => {
      const token = edited(await provider.token(algorithm), segment);
      expect(await client().verify(token)).toMatchObject({
        valid: false,
        expired: false,
        reason: 'signature',
        payload: {},
      });
    });
  });

  it('is valid until the second before its expiry, and then expired', async () => {
    const auth = client();
    const token = await provider.token();
    passSeconds(TOKEN_LIFETIME - 1);
    expect(await auth.verify(token)).toMatchObject({ valid: true });
    passSeconds(1);
    expect(await auth.verify(token)).toMatchObject({
      valid: false,
      expired: true,
      reason: 'expired',
      payload: { sub: CLIENT.id },
    });
  });

  it('is left to the identity provider beside a secret, whose tokens keep their own issuer', async () => {
    const auth = createAuthClient({
      secret: 'a secret of more than thirty-two bytes',
      issuer: 'my-service',
      audience: 'my-api',
      jwksUrl: provider.jwksUrl,
      jwks: { issuer: provider.issuer, audience: AUDIENCE },
    });
    expect(await auth.verify(await provider.token())).toMatchObject({ valid: true });
    expect(await auth.verify(await auth.sign({}))).toMatchObject({
      valid: true,
      payload: { iss: 'my-service', aud: 'my-api' },
    });
    expect(await auth.ping()).toBe(true);
  });
});

describe('a client whose identity provider changes', () => {
  const setUp = async () => {
    const provider = await startIdentityProvider();
    onTestFinished(() => provider.stop());
    const warnings: string[] = [];
    const auth = createAuthClient({
      jwksUrl: provider.jwksUrl,
      issuer: provider.issuer,
      audience: AUDIENCE,
      onWarning: (_, code) => warnings.push(code),
    });
    return { provider, auth, warnings };
  };

  it('accepts a token of a new key at once, and one of the removed key no more', async () => {
    const { provider, auth, warnings } = await setUp();
    const old = await provider.token();
    expect(await auth.verify(old)).toMatchObject({ valid: true });
    expect(auth.status().jwks).toMatchObject({ state: 'fresh', keyIds: ['rsa-1', 'ec-1', 'ed-1'] });

    await provider.rotate();
    const renewed = await provider.token();
    expect([old, renewed].map(kidOf)).toEqual(['rsa-1', 'rsa-2']);
    expect(await auth.verify(renewed)).toMatchObject({ valid: true });
    expect(auth.status().jwks).toMatchObject({ state: 'fresh', keyIds: ['rsa-2', 'ec-2', 'ed-2'] });
    expect(await auth.verify(old)).toMatchObject({ valid: false, reason: 'key', payload: {} });
    expect(await auth.verify(renewed)).toMatchObject({ valid: true });
    expect(warnings).toEqual([]);
  });

  it('accepts a token of the removed key only until the cached keys are too old', async () => {
    const { provider, auth } = await setUp();
    const old = await provider.token('ES256');
    expect(await auth.verify(old)).toMatchObject({ valid: true });
    await provider.rotate();
    // The refresh in the background starts at 80 % of the ten minutes.
    passSeconds(8 * 60 - 1);
    expect(await auth.verify(old)).toMatchObject({ valid: true });
    passSeconds(2 * 60 + 1);
    expect(await auth.verify(old)).toMatchObject({ valid: false, reason: 'key', payload: {} });
    expect(auth.status().jwks).toMatchObject({ state: 'fresh', keyIds: ['rsa-2', 'ec-2', 'ed-2'] });
  });

  it('keeps serving known keys during an outage, within a bound, and has no verdict on others', async () => {
    const { provider, auth, warnings } = await setUp();
    const known = await provider.token('ES256');
    expect(await auth.ping()).toBe(true);
    expect(auth.status()).not.toHaveProperty('pingFailure');
    expect(await auth.verify(known)).toMatchObject({ valid: true });

    await provider.rotate();
    const unknown = await provider.token('ES256');
    await provider.stop();

    // As long as the cached keys are fresh, nobody asks.
    expect(await auth.verify(known)).toMatchObject({ valid: true });
    expect(auth.status().jwks).toMatchObject({ state: 'fresh' });
    expect(warnings).toEqual([]);

    const noVerdict = { name: 'AuthError', code: 'ERR_JWKS_UNAVAILABLE' };
    await expect(auth.verify(unknown)).rejects.toMatchObject(noVerdict);
    expect(await auth.verify(known)).toMatchObject({ valid: true });

    passSeconds(59 * 60);
    expect(await auth.verify(known)).toMatchObject({ valid: true });
    expect(auth.status().jwks).toMatchObject({ state: 'stale', ageSeconds: 59 * 60 });
    await expect(auth.verify(unknown)).rejects.toMatchObject(noVerdict);
    expect(warnings).toEqual(['JWKS_FAILING']);

    passSeconds(60);
    await expect(auth.verify(known)).rejects.toMatchObject(noVerdict);
    expect(auth.status().jwks).toMatchObject({ state: 'expired' });
    expect(warnings).toEqual(['JWKS_FAILING']);
  });

  it('says by ping and status that the identity provider is gone, and why', async () => {
    const { provider, auth } = await setUp();
    expect(await auth.ping()).toBe(true);
    expect(auth.status()).toMatchObject({
      canSign: false,
      jwks: { url: provider.jwksUrl, state: 'fresh', keyCount: 3, ageSeconds: 0 },
    });

    await provider.stop();
    expect(await auth.ping()).toBe(false);
    expect(auth.status()).toMatchObject({
      pingFailure: expect.stringContaining('ECONNREFUSED'),
      jwks: {
        state: 'fresh',
        keyCount: 3,
        lastError: 'the request failed (ECONNREFUSED)',
        retryInSeconds: 1,
      },
    });
  });

  it('has no verdict on anything when the identity provider was never there', async () => {
    const { provider, auth } = await setUp();
    const token = await provider.token();
    await provider.stop();
    await expect(auth.verify(token)).rejects.toMatchObject({ code: 'ERR_JWKS_UNAVAILABLE' });
    expect(auth.status().jwks).toMatchObject({ state: 'none', keyCount: 0, keyIds: [] });
  });
});
