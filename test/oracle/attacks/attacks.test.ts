import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type JwksServer, startJwksServer } from '../../support/jwks-server.js';
import { attacks } from './attacks.js';
import { Clients } from './clients.js';
import { ATTACKER, type Attack, JWKS, KINDS, NOW } from './forge.js';

const UNTOUCHED = Object.getOwnPropertyNames(Object.prototype).sort();
const HAS_GOOD_SIGNATURE = ['expired', 'not_yet_valid', 'issuer', 'audience', 'claim'];

const identityProvider: JwksServer = await startJwksServer(JWKS);
/** Serves the attacker's keys to whoever lets a token say where its key is. */
const trap: JwksServer = await startJwksServer({ keys: Object.values(ATTACKER).map(({ jwk }) => jwk) });
const clients = new Clients({ jwksUrl: identityProvider.url });

beforeAll(() => void vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1000 }));
afterAll(async () => {
  vi.useRealTimers();
  await identityProvider.close();
  await trap.close();
});

const titled = (cases: readonly Attack[]) => cases.map((each) => [each.title, each] as const);

describe.each(Object.entries(attacks(trap.url)))('an attack on the %s', (_, cases) => {
  it.each(titled(cases))('%s', async (_title, { token, control, verdicts, options, claims }) => {
    const controls: boolean[] = [];
    for (const kind of KINDS) {
      const client = clients.get(kind, options);
      const result = await client.verify(token);
      const { valid, payload, expired, reason, message } = result;

      expect({ [kind]: reason ?? 'valid' }).toEqual({ [kind]: verdicts[kind] });
      expect(valid).toBe(reason === undefined);
      expect(expired).toBe(reason === 'expired');
      expect(message === undefined).toBe(valid);
      const isAuthentic = valid || HAS_GOOD_SIGNATURE.includes(String(reason));
      if (!isAuthentic) expect(Object.keys(result.payload)).toEqual([]);
      if (isAuthentic) {
        for (const [name, value] of Object.entries(claims ?? {})) expect(payload[name]).toEqual(value);
      }

      controls.push((await client.verify(control)).valid);
    }
    // By the one client or the other, and so by the one that has both.
    expect([
      [true, false, true],
      [false, true, true],
    ]).toContainEqual(controls);
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(UNTOUCHED);
  });
});

describe('after all attacks', () => {
  it('nobody has asked the attacker for keys', () => {
    expect(trap.requests).toBe(0);
  });

  it('the identity provider was asked a few times per client, not once per unknown key id', () => {
    expect(identityProvider.requests).toBeLessThan(60);
  });
});

describe('what is not text', () => {
  it.each([
    ['undefined', undefined],
    ['null', null],
    ['a number', 1],
    ['a boolean', true],
    ['a symbol', Symbol('token')],
    ['a BigInt', 1n],
    ['a function', () => 'a.b.c'],
    ['an object', {}],
    ['an object without a prototype', Object.create(null)],
    ['a list of one token', ['a.b.c']],
    ['a String object', Object('a.b.c')],
    ['bytes', new TextEncoder().encode('a.b.c')],
    ['an object that becomes a token', { toString: () => 'a.b.c' }],
    [
      'an object that throws',
      {
        toString: () => {
          throw new Error('toString');
        },
      },
    ],
    [
      'a proxy that throws',
      new Proxy(
        {},
        {
          get: () => {
            throw new Error('get');
          },
        },
      ),
    ],
    ['a promise of a token', Promise.resolve('a.b.c')],
    ['an object with length', { length: 1, split: () => ['a', 'b', 'c'] }],
  ])('%s is malformed, and no client throws', async (_, input) => {
    for (const kind of KINDS) {
      const verdict = await clients.get(kind).verify(input as string);
      expect(verdict).toMatchObject({ valid: false, expired: false, reason: 'malformed', payload: {} });
    }
  });
});
