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
  it.each<[reason: string | undefined, token: string, decodes: boolean]>([
    [undefined, token(own), true],
    ['malformed', 'a.b', false],
    ['malformed', token('W10'), false],
    ['algorithm', mint({ header: { alg: 'none' }, payload: own, key: SECRET, alg: 'HS256' }), true],
    ['signature', token(own, OTHER_SECRET), true],
    ['expired', token({ ...own, exp: NOW }), true],
    ['not_yet_valid', token({ ...own, nbf: NOW + 1 }), true],
    ['issuer', token({ aud: 'api' }), true],
    ['audience', token({ iss: 'own' }), true],
    ['claim', token({ ...own, sub: 5 }), true],
  ])('verify_token and decode_token tell an agent what the client says: %s', async (reason, jwt, decodes) => {
    const { message, ...verdict } = await client.verify(jwt);
    expect(verdict.reason).toBe(reason);
    expect((await call(verifyToken, { token: jwt })).structuredContent).toEqual(verdict);
    const decoded = await call(decodeToken, { token: jwt });
    if (decodes) expect(decoded.structuredContent).toEqual({ payload: client.decode(jwt) });
    else expect(decoded).toEqual(refused(`${message}`));
  });

  it.each(['__proto__', 'constructor', 'toString'])('an agent sees a claim "%s" as a claim', async (name) => {
    const payload = JSON.parse(`{"iss":"own","aud":"api",${JSON.stringify(name)}:{"polluted":1}}`);
    for (const fn of [verifyToken, decodeToken]) {
      const { structuredContent } = await call(fn, { token: token(payload) });
      const shown = structuredContent?.payload as object;
      expect(Object.getPrototypeOf(shown)).toBe(Object.prototype);
      expect(['polluted' in shown, 'polluted' in {}]).toEqual([false, false]);
    }
  });
});

describe('An agent that mints tokens', () => {
  it.each(['iss', 'aud', 'exp', 'iat', 'nbf', 'sub'])(
    'an agent cannot set "%s" among the claims',
    async (claim) => {
      for (const claims of [{ [claim]: NOW + 1e9 }, { a: 1, [claim]: 'admin' }, { [claim]: null }]) {
        const { isError, structuredContent } = await call(createToken, { claims });
        expect([isError, structuredContent]).toEqual([true, undefined]);
      }
    },
  );

  it.each([
    ['a prototype', '{"claims":{"__proto__":{"iss":"x","sub":"admin","exp":9999999999,"polluted":1}}}'],
    ['a constructor', '{"claims":{"constructor":{"prototype":{"polluted":1}}}}'],
    ['a toJSON', '{"claims":{"toJSON":"x","then":"x"}}'],
    ['look-alikes', '{"claims":{"ISS":"x","Sub":"x","iss ":"x","ѕub":"x","\\u0000exp":1}}'],
  ])('an agent cannot set them by %s', async (_, json) => {
    const { structuredContent } = await call(createToken, JSON.parse(json));
    const verdict = await client.verify(String(structuredContent?.token));
    expect(verdict).toMatchObject({ valid: true, payload: { ...own, exp: NOW + 3600 } });
    expect([Object.hasOwn(verdict.payload, 'sub'), 'polluted' in {}]).toEqual([false, false]);
  });

  it.each<[what: string, args: object]>([
    ['a prototype beside the claims', JSON.parse('{"__proto__":{"claims":{"iss":"x"}}}')],
    ['a claim that is infinite', JSON.parse('{"claims":{"limit":1e999}}')],
  ])('an agent that sends %s pollutes nothing', async (_, args) => {
    const { structuredContent } = await call(createToken, args);
    expect(client.decode(String(structuredContent?.token ?? token(own)))).toMatchObject(own);
  });

  it.each(['', ' ', '0s', '-1h', '1h ago', '1e9y', '9'.repeat(400), '1h; 100y', '٣h'])(
    'an agent cannot have a lifetime of "%s"',
    async (expires_in) => {
      const message = 'The lifetime must be a duration longer than zero, such as "30s", "15m" or "7d".';
      expect(await call(createToken, { expires_in })).toEqual(refused(message));
    },
  );
});
