// A refused text may be a damaged copy of a token that is still accepted. Then `revoke` must not say that all is well.
import type { FunctionContext } from 'intentkit';
import { type AuthClient, type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { revokeToken } from 'intentkit-auth/functions';
import { createRevocationList } from 'intentkit-auth/revocation';
import { describe, expect, it } from 'vitest';
import { callFunction } from '../../../host/src/call.js';
import { freezeClock, NOW } from '../../support/clock.js';
import { HOPELESS, WRAPPED } from '../../support/first-tries.js';
import { generateKeys, mint, segment } from '../../support/mint.js';
import { SECRET } from '../../support/secrets.js';
import { memoryStore } from '../../support/stores.js';
import { flipBit, withSegment } from '../../support/tamper.js';

freezeClock();

const NOT_REVOKED = 'The token was not revoked, because it was refused: ';
const MAY_BE_VALID =
  ' If this is a damaged copy, the token itself may still be valid: try again with the whole token.';
const NOTHING = ' It is not accepted here, so there is nothing to revoke.';
const AS_LONG_AS = ' It is not accepted here as long as this is so: try again if that changes.';

const RULES = { issuer: 'my-service', audience: 'my-api' };
const client = (more: AuthProviderConfig = {}): AuthClient =>
  createAuthClient({ ...RULES, secret: SECRET, revocation: createRevocationList(memoryStore()), ...more });

/** What an agent gets from `revoke_token`, which is what the client throws. */
async function refusalOf(auth: AuthClient, text: string): Promise<string> {
  const thrown = await auth.revoke(text).catch((error) => error);
  expect(thrown).toMatchObject({ code: 'ERR_TOKEN_REFUSED' });
  const context: FunctionContext = { providers: { auth }, role: 'admin', events: undefined };
  const answer = await callFunction(revokeToken, { token: text }, context, expect.unreachable);
  expect(answer).toEqual({ isError: true, content: [{ type: 'text', text: thrown.message }] });
  return thrown.message;
}

const live = client();
const token = await live.sign({ role: 'editor' }, { subject: 'user-1' });

const { privateKey } = generateKeys('ES256');
const byIssuer = client({
  signingKeys: [{ privateKey, keyId: 'key-1' }],
  issuers: [{ issuer: 'https://id.example.com', jwksUrl: 'https://id.example.com/jwks' }],
  audience: 'my-api',
});
const ofIssuer = await byIssuer.sign({}, { subject: 'user-1' });

/** Replaces text in the JSON of a segment, as a transcript with a wrong character does. */
const inJson = (text: string, at: number, from: string, to: string): string =>
  withSegment(text, at, (part) => {
    const json = Buffer.from(part, 'base64url').toString();
    expect(json).toContain(from);
    return Buffer.from(json.replace(from, to)).toString('base64url');
  });

describe('A damaged copy of a valid token', () => {
  it.each<[what: string, text: string]>([
    ...WRAPPED.map(([what, wrap]): [string, string] => [`with ${what}`, wrap(token)]),
    ...HOPELESS.map(([what, , make]): [string, string] => [`as ${what}`, make(token)]),
    ['without its last character', token.slice(0, -1)],
  ])('%s is not revoked, and may still be valid', async (_, text) => {
    const { reason, message } = await live.verify(text);
    expect(reason).toMatch(/^(malformed|signature)$/);
    expect(await refusalOf(live, text)).toBe(NOT_REVOKED + message + MAY_BE_VALID);
    expect(await live.verify(token)).toMatchObject({ valid: true });
  });

  it.each([
    ['signature', live, token, flipBit(token)],
    ['signature', live, token, inJson(token, 1, 'my-service', 'my-servine')],
    ['signature', live, token, inJson(token, 1, 'my-api', 'my-apl')],
    ['algorithm', live, token, inJson(token, 0, 'HS256', 'HS255')],
    ['malformed', live, token, inJson(token, 0, '{"alg"', '{"crit":["x"],"x":1,"alg"')],
    ['key', byIssuer, ofIssuer, inJson(ofIssuer, 0, 'key-1', 'key-l')],
    ['issuer', byIssuer, ofIssuer, inJson(ofIssuer, 1, 'my-service', 'my-servine')],
    ['algorithm', byIssuer, ofIssuer, inJson(ofIssuer, 0, 'ES256', 'ES384')],
    ['malformed', byIssuer, ofIssuer, inJson(ofIssuer, 1, '{', '[')],
  ])('that is refused for the reason %s may still be valid', async (reason, auth, original, text) => {
    const refused = await auth.verify(text);
    expect(refused).toMatchObject({ reason, payload: {} });
    expect(await refusalOf(auth, text)).toBe(NOT_REVOKED + refused.message + MAY_BE_VALID);
    expect(await auth.verify(original)).toMatchObject({ valid: true });
  });

  it.each([
    ['an HMAC token', live, token],
    ['a token of an own key', byIssuer, ofIssuer],
  ])('may still be valid if any character of %s is lost or changed', async (_, auth, original) => {
    for (let at = 0; at < original.length; at += 1) {
      const other = original[at] === 'A' ? 'B' : 'A';
      for (const character of ['', other]) {
        const text = original.slice(0, at) + character + original.slice(at + 1);
        await expect(auth.revoke(text), `character ${at}`).rejects.toMatchObject({
          code: 'ERR_TOKEN_REFUSED',
          message: expect.stringContaining(MAY_BE_VALID),
        });
      }
    }
  });

  it('of an opaque token may still be valid', async () => {
    const introspect = async (text: string) =>
      text === 'at_live'
        ? { ...RULES, iss: 'https://id.example.com', aud: 'my-api', exp: NOW + 60 }
        : undefined;
    const auth = client({ introspection: { issuer: 'https://id.example.com', introspect } });
    expect(await auth.verify('at_lve')).toMatchObject({ reason: 'inactive' });
    expect(await refusalOf(auth, 'at_lve')).toContain(MAY_BE_VALID);
  });
});

describe('A whole token that is refused', () => {
  const signed = (payload: object | string): string =>
    mint({
      header: { alg: 'HS256' },
      payload:
        typeof payload === 'string' ? payload : { iss: 'my-service', aud: 'my-api', jti: 'a', ...payload },
      key: SECRET,
    });

  it.each<[reason: string, text: string, more: AuthProviderConfig, remains: string]>([
    ['issuer', signed({ iss: 'x' }), {}, NOTHING],
    ['audience', signed({ aud: 'x' }), {}, NOTHING],
    ['client', signed({}), { clientIds: ['app'] }, NOTHING],
    ['malformed', signed(segment([])), {}, NOTHING],
    ['claim', signed({}), { requiredClaims: ['role'] }, AS_LONG_AS],
    ['claim', signed({ iat: NOW + 60, exp: NOW + 90 }), { maxTokenAge: '1h' }, AS_LONG_AS],
  ])('for the reason %s is not accepted here', async (reason, text, more, remains) => {
    const auth = client(more);
    const refused = await auth.verify(text);
    expect(refused).toMatchObject({ reason });
    expect(await refusalOf(auth, text)).toBe(NOT_REVOKED + refused.message + remains);
  });
});
