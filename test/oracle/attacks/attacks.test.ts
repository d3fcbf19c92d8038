import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KINDS, quickClock, servedFromMemory } from '../../support/clients.js';
import { ATTACKER, jwksOf, KEYS, NOW } from '../../support/forge.js';
import { type JwksServer, startJwksServer } from '../../support/jwks-server.js';
import { TwoEngines } from '../../support/two-engines.js';
import { attacks } from './attacks.js';

const UNTOUCHED = Object.getOwnPropertyNames(Object.prototype).sort();
const VALID_SIGNATURE: readonly unknown[] = ['expired', 'not_yet_valid', 'issuer', 'audience', 'claim'];

/** Serves the attacker's keys. A verifier that follows a URL in a token would request it. */
const trap: JwksServer = await startJwksServer(jwksOf(ATTACKER));
const engines = new TwoEngines(servedFromMemory(jwksOf(KEYS)));

beforeAll(() => quickClock(NOW));
afterAll(async () => {
  vi.useRealTimers();
  await trap.close();
});

describe.each(Object.entries(attacks(trap.url)))('attacks on the %s', (_, cases) => {
  it.each(cases.map((each) => [each.title, each] as const))('%s', async (_title, attack) => {
    const { token, control, verdicts, options, claims } = attack;
    const controls: boolean[] = [];
    for (const kind of KINDS) {
      const { valid, payload, expired, reason, message } = await engines.verify(token, kind, options);

      expect({ [kind]: reason ?? 'valid' }).toEqual({ [kind]: verdicts[kind] });
      expect(valid).toBe(reason === undefined);
      expect(expired).toBe(reason === 'expired');
      expect(message === undefined).toBe(valid);
      if (valid || VALID_SIGNATURE.includes(reason)) {
        for (const [name, value] of Object.entries(claims)) expect(payload[name]).toEqual(value);
      } else expect(Object.keys(payload)).toEqual([]);

      controls.push((await engines.verify(control, kind, options)).valid);
    }
    // The control is valid for the client with the secret or the one with the JWKS, and for the client with both.
    expect(['true false true', 'false true true']).toContain(controls.join(' '));
    expect(Object.getOwnPropertyNames(Object.prototype).sort()).toEqual(UNTOUCHED);
  });
});

it('no attack makes a client request the keys of the attacker', () => {
  expect(trap.requests).toBe(0);
});

const throwing = (): never => {
  throw new Error('a trap');
};

// biome-ignore format: a table
const NOT_TEXT: ReadonlyArray<readonly [what: string, input: unknown]> = [
  ...[undefined, null, 1, true, Symbol('token'), 2n].map((value) => [String(value), value] as const),
  ['a function', () => 'a.b.c'], ['an object', {}], ['an object without a prototype', Object.create(null)],
  ['a list of one token', ['a.b.c']], ['a String object', Object('a.b.c')],
  ['bytes', new TextEncoder().encode('a.b.c')],
  ['an object that converts to a token', { toString: () => 'a.b.c' }],
  ['an object that throws', { toString: throwing }],
  ['a proxy that throws', new Proxy({}, { get: throwing })],
  ['a promise of a token', Promise.resolve('a.b.c')],
  ['an object with a split method', { length: 1, split: () => ['a', 'b', 'c'] }],
];

it.each(NOT_TEXT)('%s instead of a token is malformed, and no client throws', async (_, input) => {
  for (const kind of KINDS) {
    const verdict = await engines.verify(input as string, kind);
    expect(verdict).toMatchObject({ valid: false, expired: false, reason: 'malformed', payload: {} });
  }
});
