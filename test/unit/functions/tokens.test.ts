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

const shown = ({ structuredContent }: CallToolResult) =>
  structuredContent as Record<string, unknown> | undefined;

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

describe('An agent that asks of a token', () => {
  it.each<[verdict: string, token: string, decodes: boolean]>([
    ['valid', token(own), true],
    ['malformed', 'a.b', false],
    ['malformed', token('W10'), false],
    ['algorithm', mint({ header: { alg: 'none' }, payload: own, key: SECRET, alg: 'HS256' }), true],
    ['signature', token(own, OTHER_SECRET), true],
    ['expired', token({ ...own, exp: NOW }), true],
    ['not_yet_valid', token({ ...own, nbf: NOW + 1 }), true],
    ['issuer', token({ aud: 'api' }), true],
    ['audience', token({ iss: 'own' }), true],
    ['claim', token({ ...own, sub: 5 }), true],
  ])(
    'verify_token and decode_token tell an agent what the client says: %s',
    async (verdict, jwt, decodes) => {
      const result = await client.verify(jwt);
      expect(result.reason ?? 'valid').toBe(verdict);
      expect(shown(await call(verifyToken, { token: jwt }))).toEqual(result);
      const decoded = await call(decodeToken, { token: jwt });
      if (decodes) expect(shown(decoded)).toEqual({ payload: client.decode(jwt) });
      else expect(decoded).toEqual(refused(`${result.message}`));
    },
  );

  it.each(['__proto__', 'constructor', 'toString'])('an agent sees a claim "%s" as a claim', async (name) => {
    const payload = JSON.parse(`{"iss":"own","aud":"api",${JSON.stringify(name)}:{"polluted":1}}`);
    for (const fn of [verifyToken, decodeToken]) {
      const claims = shown(await call(fn, { token: token(payload) }))?.payload as object;
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
    const verdict = await client.verify(String(shown(await call(createToken, JSON.parse(json)))?.token));
    expect(verdict).toMatchObject({ valid: true, payload: { ...own, exp: NOW + 3600 } });
    expect([Object.hasOwn(verdict.payload, 'sub'), 'polluted' in {}]).toEqual([false, false]);
  });

  it('an agent is told what is wrong with a lifetime', async () => {
    const message =
      'The lifetime must be a duration of at least one second and at most 100 years, such as "30s", "15m" or "7d".';
    expect(await call(createToken, { expires_in: '1h; 100y' })).toEqual(refused(message));
  });
});
