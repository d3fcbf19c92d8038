// Tests a client with several real identity providers over HTTP. The client discovers their keys.
import { type AuthClient, createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  AUDIENCE,
  type IdentityProvider,
  type IdentityProviderOptions,
  startIdentityProvider,
} from '../support/identity-provider.js';
import { outcome } from '../support/outcome.js';
import { titled } from '../support/titled.js';
import { until } from '../support/until.js';

const PATH = '/tenant-a';
const NO_VERDICT = 'ERR_JWKS_UNAVAILABLE';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());
const passMinutes = (minutes: number): void => void vi.advanceTimersByTime(minutes * 60_000);

/** Starts a provider and stops it when the test ends. */
async function start(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const provider = await startIdentityProvider(options);
  onTestFinished(() => provider.stop());
  return provider;
}

function createClient(...issuers: readonly string[]) {
  const warnings: string[] = [];
  const client = createAuthClient({
    audience: AUDIENCE,
    typ: 'at+jwt',
    issuers: issuers.map((issuer) => ({ issuer })),
    onWarning: (message) => void warnings.push(message),
  });
  return { client, warnings };
}

const outcomes = (client: AuthClient, ...tokens: readonly string[]): Promise<string[]> =>
  Promise.all(tokens.map((token) => outcome(client, token)));

const impostor = await createTestIssuer({ audience: AUDIENCE });
/** A token with the `iss` of this issuer, signed by the impostor. */
const inTheNameOf = (iss: unknown): Promise<string> =>
  impostor.token({ iss }, { keyId: 'EC-1', header: { typ: 'at+jwt' } });

describe('With two identity providers', () => {
  it('an outage of one does not affect tokens of the other, even while it rotates its keys', async () => {
    const [dead, well] = [await start(), await start()];
    const { client, warnings } = createClient(dead.issuer, well.issuer);
    const states = () => client.status().issuers?.map(({ state }) => state);
    const known = { dead: await dead.token(), well: await well.token() };
    expect(states()).toEqual(['none', 'none']);
    expect(await outcomes(client, known.dead, known.well)).toEqual(['valid', 'valid']);
    expect(states()).toEqual(['fresh', 'fresh']);
    expect(await client.ping()).toBe(true);

    // One provider rotates its keys, and then accepts requests without answering.
    passMinutes(1);
    await dead.rotate();
    const unknown = await dead.token();
    dead.server.requests = 0;
    dead.server.handler = () => {};
    let isPending = true;
    const pending = outcome(client, unknown).finally(() => {
      isPending = false;
    });
    await until(() => dead.server.requests > 0);
    await well.rotate();
    const renewed = await well.token();
    expect(await outcomes(client, known.dead, renewed)).toEqual(['valid', 'valid']);
    expect(await outcome(client, known.well)).toBe('key');
    expect(isPending).toBe(true);

    // The provider is stopped. Tokens of its old key still get a verdict; those of its new key do not.
    await dead.stop();
    expect(await pending).toBe(NO_VERDICT);
    const later = [known.dead, unknown, renewed, known.well];
    // The old key of the other one vanished just now, so it may come back, and the look-ups are spent.
    expect(await outcomes(client, ...later)).toEqual(['valid', NO_VERDICT, 'valid', NO_VERDICT]);
    expect(await client.ping()).toBe(false);
    expect(client.status()).toMatchObject({
      pingFailure: expect.stringContaining(`The keys of "${dead.issuer}" could not be fetched`),
      issuers: [
        { issuer: dead.issuer, url: dead.jwksUrl, state: 'fresh', keyIds: ['EC-1'] },
        { issuer: well.issuer, url: well.jwksUrl, state: 'fresh', keyIds: ['EC-2'] },
      ],
    });
    expect(client.status().issuers?.map(({ lastError }) => lastError)).toEqual([
      'the request failed (ECONNREFUSED)',
      undefined,
    ]);

    // The old keys are used until they are an hour old. The client still fetches the keys of the other provider.
    passMinutes(58);
    expect(await outcomes(client, ...later)).toEqual(['valid', NO_VERDICT, 'valid', 'key']);
    expect(states()).toEqual(['stale', 'fresh']);
    passMinutes(1);
    expect(await outcomes(client, ...later)).toEqual([NO_VERDICT, NO_VERDICT, 'valid', 'key']);
    expect(states()).toEqual(['expired', 'fresh']);
    expect(warnings).toHaveLength(2);
    for (const warning of warnings)
      expect(warning).toContain(`The JWKS endpoint of "${dead.issuer}" is failing:`);
  });

  it('tokens of a third provider cause no request to either of them', async () => {
    const [one, other, third] = [await start(), await start({ path: PATH }), await start()];
    const { client } = createClient(one.issuer, other.issuer);
    const similar = [
      `${one.issuer}/`,
      one.issuer.toUpperCase(),
      other.issuer.slice(0, -1),
      `${other.issuer}/b`,
    ];
    const odd = [undefined, null, [one.issuer], {}, '', '__proto__'];
    const strangers = [await third.token(), ...(await Promise.all([...similar, ...odd].map(inTheNameOf)))];
    one.server.requests = 0;
    other.server.requests = 0;
    third.server.requests = 0;
    const found = await outcomes(client, ...strangers, ...strangers, ...strangers);
    expect(new Set(found)).toEqual(new Set(['issuer']));
    expect([one, other, third].map(({ server }) => server.requests)).toEqual([0, 0, 0]);

    // The first token of a provider causes two requests: for its metadata and for its keys.
    expect(await outcome(client, await inTheNameOf(one.issuer))).toBe('signature');
    expect([one, other, third].map(({ server }) => server.requests)).toEqual([2, 0, 0]);
  });
});

const OAUTH = '/.well-known/oauth-authorization-server/tenant-a';
const OPEN_ID = '/tenant-a/.well-known/openid-configuration';

describe('An identity provider under a path', () => {
  it.each(
    titled([
      { what: 'RFC 8414', insertsPath: true, requests: [OAUTH, '/tenant-a/jwks'] },
      { what: 'OpenID Connect', insertsPath: false, requests: [OAUTH, OPEN_ID, '/tenant-a/jwks'] },
    ]),
  )('is discovered from its metadata at the location of %s', async (_, { insertsPath, requests }) => {
    const provider = await start({ path: PATH, insertsPath });
    const token = await provider.token();
    const seen: (string | undefined)[] = [];
    const { handler } = provider.server;
    provider.server.handler = (request, response) => {
      seen.push(request.url);
      handler?.(request, response);
    };
    const { client } = createClient(provider.issuer);
    expect(await client.verify(token)).toMatchObject({ valid: true, payload: { iss: provider.issuer } });
    expect(client.status().issuers).toMatchObject([{ url: provider.jwksUrl, state: 'fresh' }]);
    expect(seen).toEqual(requests);
  });

  it.each(
    titled([
      {
        what: 'an additional slash',
        configured: (issuer: string) => `${issuer}/`,
        found: 'it has no slash at the end',
        refused: / is not a configured issuer; ".*\/tenant-a\/" is one, and differs by a slash\.$/,
      },
      {
        what: 'another name for its host',
        configured: (issuer: string) => issuer.replace('127.0.0.1', 'localhost'),
        found: 'it is on another host',
        refused: / is not a configured issuer\.$/,
      },
    ]),
  )(
    'whose issuer is configured with %s causes errors that name the difference',
    async (_, { configured, found, refused }) => {
      const provider = await start({ path: PATH });
      const wrong = configured(provider.issuer);
      const { client } = createClient(wrong);
      const verdict = await client.verify(await provider.token());
      expect(verdict).toMatchObject({
        reason: 'issuer',
        message: expect.stringMatching(refused),
        payload: {},
      });

      const both = `of the issuer "${provider.issuer}", not of the configured "${wrong}"`;
      const problem = `the discovery document is ${both}: ${found}`;
      const error = { code: NO_VERDICT, message: expect.stringContaining(problem) };
      await expect(client.verify(await inTheNameOf(wrong))).rejects.toMatchObject(error);
      expect(client.status().issuers).toMatchObject([{ state: 'none', lastError: problem }]);
    },
  );
});
