import {
  AuthError,
  type AuthProviderConfig,
  createAuthClient,
  type JwksOptions,
  type VerifyFailure,
} from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { clientFrom } from '../../../src/client/client.js';
import { parseConfig } from '../../../src/config/parse.js';
import type { SignatureVerdict } from '../../../src/signature/engine.js';
import { HeaderMemory } from '../../../src/token/header.js';
import { freezeClock, moveClock, NOW } from '../../support/clock.js';
import { engineWith } from '../../support/engine.js';
import { generateKeys, type Keys, type Minted, mint, segment } from '../../support/mint.js';
import { OTHER_SECRET, SECRET } from '../../support/secrets.js';
import { flipBit, withSegment } from '../../support/tamper.js';

freezeClock();

const rsa = generateKeys('RS256', 'rsa');
const ec = generateKeys('ES256', 'ec');
const keysFor = (alg: string): Keys => (alg === 'ES256' ? ec : rsa);

const idp = (more: JwksOptions = {}) => ({
  jwksUrl: 'https://idp.example/jwks',
  jwks: { fetch: async () => Response.json({ keys: [rsa.jwk, ec.jwk] }), ...more },
});
const broken = await createTestIssuer();
broken.fail('503');
const client = createAuthClient({ secret: SECRET });

const token = (payload: Minted['payload'], header: object = {}, key: Minted['key'] = SECRET): string =>
  mint({ header: { alg: 'HS256', typ: 'JWT', ...header }, payload, key, alg: 'HS256' });
const idpToken = (alg: string, payload: object = {}, header: object = {}): string =>
  mint({ header: { alg, kid: keysFor(alg).jwk.kid, ...header }, payload, key: keysFor(alg).privateKey });

const refused = (reason: VerifyFailure, message: string, payload: object = {}) => {
  return { valid: false, payload, expired: reason === 'expired', reason, message };
};
const accepted = (payload: object = {}) => ({ valid: true, payload, expired: false });

const WRONG_ALGORITHM = 'The "alg" header is not an accepted algorithm.';
const NO_KEY = 'No usable key matches the "kid" and "alg" headers, or more than 16 keys do.';
const WRONG_SIGNATURE = 'The signature was not made by the expected key.';
const UNSUPPORTED = 'The "crit" header asks for an unsupported extension.';
const NOT_YET = 'The "nbf" claim is in the future.';

describe('verify, with one broken rule after another,', () => {
  const rules = { issuer: 'own', audience: 'api', typ: 'JWT' };
  const all = createAuthClient({ onWarning: () => {}, secret: SECRET, ...idp(), ...rules });
  const own = { iss: 'own', aud: 'api' };
  const extended = { crit: ['x'], x: 1 };

  // Each token breaks the rule of its row and every rule that is checked later.
  it.each<[reason: VerifyFailure, what: string, token: string, message: string, payload?: object]>([
    [
      'malformed',
      'a line break before',
      `\n${token('W10', { alg: 'none' })}`,
      'The token begins or ends with white space. Remove it.',
    ],
    ['algorithm', 'an unknown "alg"', flipBit(token('W10', { alg: 'none', ...extended })), WRONG_ALGORITHM],
    ['key', 'the "kid" of another key', idpToken('RS256', {}, { kid: 'ec' }), NO_KEY],
    ['malformed', 'a "crit" extension', flipBit(token('W10', extended)), UNSUPPORTED],
    ['signature', 'a forged signature', flipBit(token('W10')), WRONG_SIGNATURE],
    ['signature', 'a forged signature, expired', flipBit(token({ exp: 1 })), WRONG_SIGNATURE],
    ['signature', 'another payload', withSegment(token({}), 1, () => segment({ a: 1 })), WRONG_SIGNATURE],
    ['malformed', 'a list as payload', token('W10', { typ: 'x' }), 'The payload is not a JSON object.'],
    ['claim', 'another "typ"', token({ exp: 1 }, { typ: 'x' }), 'The "typ" header is not "JWT".', { exp: 1 }],
    ['expired', 'a past "exp"', token({ ...own, exp: NOW }), 'The token has expired.', { ...own, exp: NOW }],
    ['not_yet_valid', 'a future "nbf"', token({ ...own, nbf: NOW + 1 }), NOT_YET, { ...own, nbf: NOW + 1 }],
  ])('verify gives the reason "%s" for a token with %s', async (reason, _, jwt, message, payload) => {
    expect(await all.verify(jwt)).toEqual(refused(reason, message, payload));
  });

  it('verify accepts tokens of the secret and of the JWKS, and returns their claims', async () => {
    for (const jwt of [token(own), idpToken('ES256', own, { typ: 'jwt' })]) {
      expect(await all.verify(jwt)).toEqual(accepted(own));
    }
  });

  it('verify accepts a token from "nbf" until the last millisecond before "exp"', async () => {
    const jwt = await client.sign({ nbf: NOW + 5 }, { expiresIn: '10s' });
    const verdicts: (string | undefined)[] = [];
    for (const milliseconds of [4999, 5000, 9999, 10_000]) {
      moveClock(milliseconds);
      verdicts.push((await client.verify(jwt)).reason);
    }
    expect(verdicts).toEqual(['not_yet_valid', undefined, undefined, 'expired']);
  });
});

describe('verify, with several algorithms,', () => {
  it.each<[sources: string, config: AuthProviderConfig, hs256: string, rs256: string]>([
    ['a secret', { secret: SECRET }, 'valid', 'algorithm'],
    ['a JWKS', idp(), 'algorithm', 'valid'],
    ['both', { secret: SECRET, ...idp() }, 'valid', 'valid'],
    ['both and HS512', { secret: SECRET, algorithm: 'HS512', ...idp() }, 'algorithm', 'valid'],
  ])('verify with %s uses the key source for the "alg" of the token', async (_, config, hs256, rs256) => {
    expect(await outcome(config, token({}))).toBe(hs256);
    expect(await outcome(config, idpToken('RS256'))).toBe(rs256);
  });

  const apart = { issuer: 'own', audience: 'api', jwks: { issuer: 'idp', audience: 'idp-api' } };

  it.each<[claims: object, bySecret: string, byJwks: string]>([
    [{ iss: 'own', aud: 'api' }, 'valid', 'issuer'],
    [{ iss: 'idp', aud: 'idp-api' }, 'issuer', 'valid'],
    [{ iss: 'idp', aud: 'api' }, 'issuer', 'audience'],
  ])(
    'verify checks %j with the rules of each source: with the secret %s, with the JWKS %s',
    async (claims, ...verdicts) => {
      const sources = { ...apart, secret: SECRET, ...idp(apart.jwks) };
      const tokens = [token(claims), idpToken('RS256', claims)];
      expect(await Promise.all(tokens.map((jwt) => outcome(sources, jwt)))).toEqual(verdicts);
    },
  );

  async function outcome(config: AuthProviderConfig, jwt: string): Promise<string> {
    const { valid, reason } = await createAuthClient({ onWarning: () => {}, ...config }).verify(jwt);
    return valid ? 'valid' : `${reason}`;
  }
});

describe('verify, with several keys,', () => {
  it.each<[answer: SignatureVerdict, verdict: string, keys: number]>([
    ['valid', 'valid', 1],
    ['invalid', 'signature', 2],
    ['unsupported', 'malformed', 1],
  ])(
    'verify, if a key says that a signature is %s, gives %s after trying %d of two keys',
    async (answer, verdict, keys) => {
      const verify = vi.fn(() => answer);
      const config = parseConfig({ secret: [SECRET, OTHER_SECRET] });
      const { reason = 'valid' } = await clientFrom(config, engineWith({ verify })).verify(token({}));
      expect([reason, verify.mock.calls.length]).toEqual([verdict, keys]);
    },
  );

  it('verify caches the header of a token only if its signature is valid', async () => {
    const add = vi.spyOn(HeaderMemory.prototype, 'add');
    onTestFinished(() => add.mockRestore());
    await client.verify(flipBit(token({}, { typ: 'forged' })));
    await client.verify(token({ exp: 1 }, { typ: 'expired' }));
    expect(add.mock.calls.map(([, { typ }]) => typ)).toEqual(['expired']);
  });
});

describe('verify, while the JWKS cannot be fetched,', () => {
  const { jwksUrl, fetch, requests } = broken;
  const client = createAuthClient({ secret: SECRET, jwksUrl, jwks: { fetch }, onWarning: () => {} });

  it.each([
    ['malformed', 'a.b', 'malformed'],
    ['of an algorithm that is not accepted', token({}, { alg: 'none' }), 'algorithm'],
    ['with a "kid" that is not text', idpToken('RS256', {}, { kid: 5 }), 'key'],
    ['signed with a wrong secret', token({}, {}, OTHER_SECRET), 'signature'],
    ['signed with the secret', token({}), undefined],
  ])('verify still gives a verdict on a token that is %s, without a request', async (_, jwt, reason) => {
    const before = requests.length;
    expect((await client.verify(jwt)).reason).toBe(reason);
    expect(requests).toHaveLength(before);
  });

  it('verify rejects a token that cannot be verified right now, and says why', async () => {
    const error: unknown = await client.verify(idpToken('RS256')).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AuthError);
    expect(error).toMatchObject({
      code: 'ERR_JWKS_UNAVAILABLE',
      retryAfter: 1,
      message:
        'The token was neither accepted nor refused, because the keys behind "jwksUrl" could not be fetched (the endpoint answered 503, not 200); try again in 1 s.',
      cause: { name: 'FetchError', message: 'the endpoint answered 503, not 200' },
    });
  });
});
