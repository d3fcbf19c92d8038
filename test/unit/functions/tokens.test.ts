import type { CallToolResult } from '@modelcontextprotocol/server';
import { createContext } from 'intentkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createToken, decodeToken, verifyToken } from '../../../functions/index.js';
import { callFunction } from '../../../host/src/call.js';
import { attacks } from '../../oracle/attacks/attacks.js';
import { Clients } from '../../oracle/attacks/clients.js';
import { AUDIENCE, forge, ISSUER, NOW } from '../../oracle/attacks/forge.js';

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(() => void vi.useRealTimers());

const clients = new Clients();
const client = clients.get('both');
const context = { providers: { auth: client }, ...(await createContext({ events: true })) } as never;

/** A call as the host makes it, which must not be at fault itself whatever the arguments are. */
async function call(fn: Parameters<typeof callFunction>[0], args: unknown): Promise<CallToolResult> {
  const faults: string[] = [];
  const result = await callFunction(fn, args, context, (sentence) => void faults.push(sentence));
  expect(faults).toEqual([]);
  return result;
}

const shown = (result: CallToolResult) => result.structuredContent as Record<string, unknown> | undefined;
const textOf = ({ content: [first] }: CallToolResult): string => (first?.type === 'text' ? first.text : '');

describe.each(Object.entries(attacks('http://127.0.0.1:9/')))(
  'an agent with an attack on the %s',
  (_, cases) => {
    it('is told by verify_token what verify says, and by decode_token the claims or one sentence', async () => {
      for (const { title, token } of cases) {
        const { valid, expired, reason } = await client.verify(token);
        const verified = await call(verifyToken, { token });
        // The one thing that may go wrong: claims that are too deep to be sent.
        if (verified.isError) expect({ title, text: textOf(verified) }).toEqual({ title, text: TOO_DEEP });
        else {
          expect({ title, ...shown(verified) }).toMatchObject({
            title,
            valid,
            expired,
            ...(reason && { reason }),
          });
          expect(JSON.parse(textOf(verified))).toEqual(
            JSON.parse(JSON.stringify(verified.structuredContent)),
          );
        }
        const decoded = await call(decodeToken, { token });
        if (decoded.isError)
          expect({ title, text: textOf(decoded) }).toEqual({
            title,
            text: expect.stringMatching(ONE_SENTENCE),
          });
      }
    });
  },
);

const TOO_DEEP = 'The result is nested deeper than 128 levels and cannot be sent.';
const ONE_SENTENCE = /^The (token|payload|result) [^.]*( "alg")?\.$/;

describe('an agent that mints tokens', () => {
  it.each([
    ['iss', 'https://attacker.example/'],
    ['aud', 'another-api'],
    ['exp', NOW + 1e9],
    ['iat', 0],
    ['nbf', 0],
    ['sub', 'admin'],
  ])('cannot set "%s"', async (claim, value) => {
    for (const claims of [{ [claim]: value }, { a: 1, [claim]: value }, { [claim]: null }]) {
      const { isError, structuredContent } = await call(createToken, { claims });
      expect(isError).toBe(true);
      expect(structuredContent).toBeUndefined();
    }
  });

  it.each([
    ['a prototype', '{"claims":{"__proto__":{"iss":"x","sub":"admin","exp":9999999999,"polluted":1}}}'],
    ['a prototype beside the claims', '{"__proto__":{"claims":{"iss":"x"},"polluted":1}}'],
    ['a constructor', '{"claims":{"constructor":{"prototype":{"polluted":1}}}}'],
    ['a toJSON', '{"claims":{"toJSON":"x","then":"x"}}'],
    ['other cases and look-alikes', '{"claims":{"ISS":"x","Sub":"x","iss ":"x","ѕub":"x","\\u0000exp":1}}'],
    ['numbers that are infinite', '{"claims":{"limit":1e999}}'],
  ])('cannot set them by %s', async (_, json) => {
    const result = await call(createToken, JSON.parse(json));
    expect('polluted' in {}).toBe(false);
    if (result.isError) return;
    const verdict = await client.verify(String(shown(result)?.token));
    expect(verdict).toMatchObject({ valid: true, payload: { iss: ISSUER, aud: AUDIENCE, exp: NOW + 3600 } });
    expect(Object.hasOwn(verdict.payload, 'sub')).toBe(false);
  });

  it.each(['0s', '-1h', '1h ago', '0.4s', '', ' ', '1e9y', 'Infinity y', '9'.repeat(400), '1h; 100y', '٣h'])(
    'cannot have a lifetime of "%s"',
    async (expires_in) => {
      expect(await call(createToken, { expires_in })).toMatchObject({ isError: true });
    },
  );

  it.each(['__proto__', 'constructor', 'toString'])('sees a claim "%s" as a claim', async (name) => {
    const rawPayload = `{"iss":"${ISSUER}","aud":"${AUDIENCE}",${JSON.stringify(name)}:{"polluted":1}}`;
    for (const fn of [verifyToken, decodeToken]) {
      const result = await call(fn, { token: forge('HS256', { rawPayload }) });
      const payload = shown(result)?.payload as object;
      expect(Object.getPrototypeOf(payload)).toBe(Object.prototype);
      expect('polluted' in payload).toBe(false);
      expect('polluted' in {}).toBe(false);
    }
  });
});
