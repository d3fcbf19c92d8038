import type { CallToolResult } from '@modelcontextprotocol/server';
import type { FunctionContext } from 'intentkit';
import { createAuthClient } from 'intentkit-auth';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { describe, expect, it } from 'vitest';
import { callFunction } from '../../../host/src/call.js';
import { freezeClock, NOW } from '../../support/clock.js';
import { mint } from '../../support/mint.js';
import { OTHER_SECRET, SECRET } from '../../support/secrets.js';

freezeClock();

const client = createAuthClient({ secret: SECRET, issuer: 'own', audience: 'api' });
const context: FunctionContext = { providers: { auth: client }, role: 'admin', events: undefined };

/** The structured content. The text must say the same. */
function shownBy({ structuredContent, content: [block] }: CallToolResult): Record<string, unknown> {
  expect(block?.type === 'text' && JSON.parse(block.text)).toEqual(structuredContent);
  return structuredContent as Record<string, unknown>;
}

/** A call as the host makes it, which must not be at fault itself whatever the arguments are. */
async function call(fn: Parameters<typeof callFunction>[0], args: unknown): Promise<CallToolResult> {
  const faults: string[] = [];
  const result = await callFunction(fn, args, context, (sentence) => void faults.push(sentence));
  expect(faults).toEqual([]);
  return result;
}

const refused = (text: string) => ({ content: [{ type: 'text', text }], isError: true });
const token = (payload: object | string, key = SECRET, header = {}): string =>
  mint({ header: { alg: 'HS256', ...header }, payload, key });
const own = { iss: 'own', aud: 'api' };

const HOUR = 3600;
const EXPIRED = { expires: '2025-06-15T15:06:40Z', expires_in_seconds: 0 };

describe('An agent that asks about a token', () => {
  it.each<[verdict: string, token: string, expiry: object, message?: string | RegExp]>([
    ['valid', token(own), { expires_in_seconds: null }],
    [
      'valid',
      token({ ...own, exp: NOW + HOUR }),
      { expires: '2025-06-15T16:06:40Z', expires_in_seconds: HOUR },
    ],
    ['valid', token({ ...own, exp: NOW + 1.5 }), { expires: '2025-06-15T15:06:41Z', expires_in_seconds: 1 }],
    ['valid', token({ ...own, exp: 9e15 }), { expires_in_seconds: 9e15 - NOW }],
    [
      'algorithm',
      mint({ header: { alg: 'none' }, payload: own, key: SECRET, alg: 'HS256' }),
      {},
      /\. This server accepts HS256\.$/,
    ],
    [
      'signature',
      token(own, OTHER_SECRET),
      {},
      /\. Do not trust it\. If you copied all of it, get a new token from its issuer\.$/,
    ],
    [
      'expired',
      token({ ...own, exp: NOW }),
      EXPIRED,
      'The token expired at 2025-06-15T15:06:40Z, now. Get a new token.',
    ],
    [
      'expired',
      token({ ...own, exp: NOW - 7200 }),
      { expires: '2025-06-15T13:06:40Z', expires_in_seconds: -7200 },
      'The token expired at 2025-06-15T13:06:40Z, 2 hours ago. Get a new token.',
    ],
    [
      'expired',
      token({ ...own, exp: -9e15 }),
      { expires_in_seconds: -9e15 - NOW },
      'The token has expired. Get a new token.',
    ],
    [
      'not_yet_valid',
      token({ ...own, nbf: NOW + 300, exp: NOW + HOUR }),
      { expires: '2025-06-15T16:06:40Z', expires_in_seconds: HOUR },
      'The token is not valid before 2025-06-15T15:11:40Z, in 5 minutes. Use it later.',
    ],
    [
      'issuer',
      token({ aud: 'api' }),
      { expires_in_seconds: null },
      /"own"\. Get a token from that issuer\.$/,
    ],
    [
      'audience',
      token({ iss: 'own' }),
      { expires_in_seconds: null },
      /"api"\. Get a token for that audience\.$/,
    ],
    [
      'claim',
      token({ ...own, sub: 5 }),
      { expires_in_seconds: null },
      /^The "sub" claim has the wrong type\. Ask/,
    ],
    ['claim', token({ ...own, exp: 'soon' }), {}, /^The "exp" claim has the wrong type\. Ask/],
  ])(
    'verify_token says when a token expires, or why it is refused and what to do: %s',
    async (verdict, jwt, expiry, message) => {
      const { payload, ...result } = await client.verify(jwt);
      expect(result.reason ?? 'valid').toBe(verdict);
      const shown = shownBy(await call(verifyToken, { token: jwt }));
      const why =
        message === undefined
          ? {}
          : { message: typeof message === 'string' ? message : expect.stringMatching(message) };
      expect(shown).toEqual({ ...result, ...why, ...expiry, payload });
      // Readers understand the first lines best.
      const order = ['valid', 'expired', 'reason', 'message', 'expires', 'expires_in_seconds', 'payload'];
      expect(Object.keys(shown)).toEqual(order.filter((name) => name in shown));
      expect(shownBy(await call(decodeToken, { token: jwt }))).toEqual({
        verified: false,
        payload: client.decode(jwt),
      });
    },
  );

  it('verify_token says that a token was issued too long ago, not that it has expired, if only `maxTokenAge` refuses it', async () => {
    const strict = createAuthClient({ secret: SECRET, maxTokenAge: '1h' });
    const jwt = token({ iat: NOW - 7200, exp: NOW + HOUR });
    const { structuredContent } = await callFunction(
      verifyToken,
      { token: jwt },
      { ...context, providers: { auth: strict } },
      expect.unreachable,
    );
    expect(structuredContent).toMatchObject({
      reason: 'expired',
      message: 'The token was issued too long ago. Get a new token.',
      expires_in_seconds: HOUR,
    });
  });

  it.each(['__proto__', 'constructor', 'toString'])('an agent sees a claim "%s" as a claim', async (name) => {
    const payload = JSON.parse(`{"iss":"own","aud":"api",${JSON.stringify(name)}:{"polluted":1}}`);
    for (const fn of [verifyToken, decodeToken]) {
      const claims = shownBy(await call(fn, { token: token(payload) })).payload as object;
      expect(Object.getPrototypeOf(claims)).toBe(Object.prototype);
      expect(['polluted' in claims, 'polluted' in {}]).toEqual([false, false]);
    }
  });
});

describe('An agent that mints tokens', () => {
  it('an agent cannot set a claim that the server sets, not even to null', async () => {
    for (const claim of ['iss', 'aud', 'exp', 'iat', 'nbf', 'sub']) {
      expect(await call(createToken, { claims: { a: 1, [claim]: null } })).toMatchObject({ isError: true });
    }
  });

  it.each([
    ['a prototype', '{"claims":{"__proto__":{"iss":"x","sub":"admin","exp":9999999999,"polluted":1}}}'],
    ['a constructor', '{"claims":{"constructor":{"prototype":{"polluted":1}}}}'],
    ['a toJSON', '{"claims":{"toJSON":"x","then":"x"}}'],
    ['look-alikes', '{"claims":{"ISS":"x","Sub":"x","iss ":"x","ѕub":"x","\\u0000exp":1}}'],
  ])('an agent cannot set a claim that the server sets by %s', async (_, json) => {
    const verdict = await client.verify(String(shownBy(await call(createToken, JSON.parse(json))).token));
    expect(verdict).toMatchObject({ valid: true, payload: { ...own, exp: NOW + 3600 } });
    expect([Object.hasOwn(verdict.payload, 'sub'), 'polluted' in {}]).toEqual([false, false]);
  });

  it('an agent gets all mistakes in one message, also those that the schema does not find', async () => {
    expect(await call(createToken, { claims: { sub: 'a', iss: 'b', role: 'c' }, expires_in: 3600 })).toEqual(
      refused(
        '"claims" must not hold "sub": use the "subject" field; "iss": it is set by the server. "expires_in" needs a unit: write 3600 seconds as "3600s".',
      ),
    );
    expect(await call(createToken, { user_id: 'u-42', role: 'editor', subject: 5, claims: '{}' })).toEqual(
      refused(
        'Invalid arguments: "claims": it must be an object of claims, such as {"role":"editor"}; "subject": it must be of type string; "user_id": there is no such field (the fields are "claims", "subject", "expires_in"); "role": there is no such field.',
      ),
    );
  });

  it('an agent gets the time of expiry in three forms', async () => {
    const result = shownBy(await call(createToken, { expires_in: '15m' }));
    expect(result).toEqual({
      token: expect.any(String),
      expires_at: NOW + 900,
      expires: '2025-06-15T15:21:40Z',
      expires_in_seconds: 900,
    });
    expect(Object.keys(result)).toEqual(['token', 'expires_at', 'expires', 'expires_in_seconds']);
  });
});

describe('A payload of more than 8,192 characters', () => {
  const long = {
    ...own,
    sub: 's'.repeat(2000),
    aud: ['api', 'a'.repeat(2000)],
    exp: NOW + HOUR,
    text: 'hush',
  };
  const others = Object.fromEntries(Array.from({ length: 150 }, (_, at) => [`claim-${at}`, 'x'.repeat(60)]));
  const deep = `${'['.repeat(9000)}${']'.repeat(9000)}`;

  it.each<[what: string, payload: string | object, shown: object, names: number]>([
    ['with many claims', { ...own, exp: NOW + HOUR, ...others }, { ...own, exp: NOW + HOUR }, 100],
    [
      'with long registered claims',
      { ...long, filler: 'f'.repeat(8000) },
      {
        iss: 'own',
        sub: `${'s'.repeat(1023)}…`,
        aud: expect.stringMatching(/^\["api","a{1000,}…$/),
        exp: NOW + HOUR,
      },
      2,
    ],
    ['with a long name', { ...own, ['n'.repeat(9000)]: 1 }, own, 1],
    [
      'nested in more levels than hosts can read',
      { ...own, deep: JSON.parse(`${'['.repeat(101)}${']'.repeat(101)}`) },
      own,
      1,
    ],
    [
      'with hidden characters, which are written as six others',
      { ...own, text: '\u200b'.repeat(2000) },
      own,
      1,
    ],
    [
      'nested too deeply to be written',
      Buffer.from(`{"iss":"own","aud":"api","deep":${deep}}`).toString('base64url'),
      own,
      1,
    ],
  ])('%s is shown by its registered claims and the names of the others', async (_, payload, shown, names) => {
    for (const fn of [verifyToken, decodeToken]) {
      const result = shownBy(await call(fn, { token: token(payload) }));
      expect(result).toMatchObject({ shortened: true });
      expect(Object.keys(result).at(-1)).toBe('payload');
      const { other_claims, ...claims } = result.payload as { other_claims: string[] };
      expect(claims).toEqual(shown);
      expect(other_claims).toHaveLength(names);
      expect(JSON.stringify(result).length).toBeLessThan(9000);
    }
    expect(shownBy(await call(verifyToken, { token: token(payload) })).valid).toBe(true);
  });

  it('is shortened from 8,193 characters of JSON, and no character is cut in two', async () => {
    const filled = (length: number) => {
      const empty = JSON.stringify({ ...own, text: '' }).length;
      return { ...own, text: 't'.repeat(length - empty) };
    };
    const resultOf = async (payload: object) => shownBy(await call(verifyToken, { token: token(payload) }));
    expect(await resultOf(filled(8192))).toMatchObject({ payload: filled(8192) });
    expect(await resultOf(filled(8193))).toMatchObject({
      shortened: true,
      payload: { ...own, other_claims: ['text'] },
    });
    const { payload } = await resultOf({ ...own, sub: '🙂'.repeat(5000) });
    expect(payload).toMatchObject({ sub: `${'🙂'.repeat(511)}…` });
  });
});
