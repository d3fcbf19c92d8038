import type { AuthError, AuthWarningCode } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { withClock } from '../../support/clock.js';
import * as faults from '../../support/faulty-jwks-server.js';
import {
  METADATA,
  type OAuthServer,
  type Received,
  type Reply,
  startOAuthServer,
  status,
} from '../../support/oauth-server.js';

/*
 * The issuer may fail for one caller, or for one API. That must not stop other callers and other APIs. An outage must cause few
 * requests nonetheless.
 */

const server: OAuthServer = await startOAuthServer();
afterAll(() => server.close());

const EXCHANGED = { access_token: 'token-for-orders', token_type: 'Bearer', expires_in: 600, scope: 'read' };
const metadata = server.replies.get(METADATA);

const replies = (reply: (fields: Record<string, string>) => Reply): void =>
  void server.replies.set('/token', ({ fields }) => reply(Object.fromEntries(fields)));
const failsAlways = (reply: Reply): void => replies(() => reply);
const exchanges = (): Received[] => server.to('/token');

beforeEach(() => {
  server.received.length = 0;
  if (metadata) server.replies.set(METADATA, metadata);
});

let warnings: AuthWarningCode[] = [];
const create = (timeout = '3s') => {
  warnings = [];
  return createDownstream({
    issuer: server.issuer,
    clientId: 'mcp-server',
    clientAuth: { secret: 'hush' },
    timeout,
    onWarning: (_, code) => void warnings.push(code),
  });
};
/** Long enough for an answer of this process even if the machine is busy. */
const timeoutFor = (reply: Reply): string => (reply === faults.blackHole ? '0.4s' : '3s');
const ORDERS = { audience: 'orders', scopes: ['read'] };
type Ask = (caller: string) => Promise<unknown>;
const result = (ask: Ask, caller: string): Promise<string> =>
  ask(caller).then(
    () => 'token',
    ({ code }: AuthError) => code,
  );

const UNAVAILABLE = 'ERR_EXCHANGE_UNAVAILABLE';
// biome-ignore format: a table
const REPLIES: ReadonlyArray<readonly [what: string, reply: Reply, code: string]> = [
  ['500', status(500), UNAVAILABLE],
  ['a 403 of a firewall', faults.answer(403, { 'content-type': 'text/html' }, '<h1>Blocked</h1>'), UNAVAILABLE],
  ['an empty 400', faults.answer(400, {}, ''), UNAVAILABLE],
  ['404', status(404), UNAVAILABLE],
  ['scopes that are no text', { ...EXCHANGED, scope: [] }, UNAVAILABLE],
  ['server_error', status(400, { error: 'server_error' }), UNAVAILABLE],
  ['unauthorized_client', status(400, { error: 'unauthorized_client' }), 'ERR_EXCHANGE_CONFIG'],
  ['invalid_client', status(401, { error: 'invalid_client' }), 'ERR_EXCHANGE_CONFIG'],
  ['HTML', faults.body('<!doctype html>', 'text/html'), UNAVAILABLE],
  ['a redirect', faults.answer(302, { location: '/blocked' }), UNAVAILABLE],
  ['a reset', faults.reset, UNAVAILABLE],
  ['no answer', faults.blackHole, UNAVAILABLE],
];

describe.each(REPLIES)('If the issuer answers an exchange with %s,', (_, reply, code) => {
  it('for one caller, other callers get their tokens, without a warning', async () => {
    replies(({ subject_token }) => (subject_token === 'bad' ? reply : EXCHANGED));
    const orders = create(timeoutFor(reply)).for(ORDERS);
    expect(await result(orders, 'bad')).toBe(code);
    expect(await result(orders, 'bad')).toBe(code);
    expect(await result(orders, 'good')).toBe('token');
    expect(warnings).toEqual([]);
  });

  it('for all callers of one API, other APIs are not affected', async () => {
    replies(({ audience }) => (audience === 'stock' ? reply : EXCHANGED));
    const downstream = create(timeoutFor(reply));
    const [orders, stock] = [downstream.for(ORDERS), downstream.for({ ...ORDERS, audience: 'stock' })];
    for (const caller of ['a', 'b', 'c']) expect(await result(stock, caller)).toBe(code);
    expect(exchanges()).toHaveLength(faults.reset === reply ? 4 : 2);
    for (const caller of ['a', 'b', 'c']) expect(await result(orders, caller)).toBe('token');
    expect(warnings).toEqual(['EXCHANGE_FAILING']);
  });
});

it('A caller whose exchange failed waits 1 s, then longer, up to 10 s', () =>
  withClock(async (advance) => {
    failsAlways(status(500));
    const orders = create().for(ORDERS);
    for (const seconds of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]) {
      const before = exchanges().length;
      const error = await orders('ada').catch((reason: AuthError) => reason);
      expect(error).toMatchObject({ code: UNAVAILABLE, retryAfter: seconds });
      advance(seconds * 1000 - 1);
      expect(await result(orders, 'ada')).toBe(UNAVAILABLE);
      expect(exchanges().length - before).toBe(1);
      advance(1);
    }
    failsAlways(EXCHANGED);
    expect(await result(orders, 'ada')).toBe('token');
    expect(warnings).toEqual(['EXCHANGE_FAILING', 'EXCHANGE_RECOVERED']);
  }));

it('After three failures of one caller, the client warns, but other callers do not wait', () =>
  withClock(async (advance) => {
    const ask = create().for(ORDERS);
    replies(({ subject_token }) => (subject_token === 'bad' ? status(500) : EXCHANGED));
    const fail = async (): Promise<void> => {
      expect(await result(ask, 'bad')).toBe(UNAVAILABLE);
      advance(10_000);
    };
    await fail();
    expect(await result(ask, 'good-1')).toBe('token');
    await fail();
    await fail();
    expect(warnings).toEqual([]);
    await fail();
    expect(warnings).toEqual(['EXCHANGE_FAILING']);
    expect(await result(ask, 'good-2')).toBe('token');
    expect(warnings).toEqual(['EXCHANGE_FAILING', 'EXCHANGE_RECOVERED']);
  }));

it('Failures during an outage do not make a caller wait for longer afterwards', () =>
  withClock(async (advance) => {
    const ask = create().for(ORDERS);
    failsAlways(status(500));
    await Promise.all(['a', 'b'].map((caller) => result(ask, caller)));
    for (let at = 0; at < 10; at += 1) {
      advance(4000);
      expect(await result(ask, 'a')).toBe(UNAVAILABLE);
    }
    failsAlways(EXCHANGED);
    advance(2000);
    expect(await result(ask, 'a')).toBe('token');
  }));

it('During an outage of a minute, there is at most one exchange a second, and then each caller gets a token', () =>
  withClock(async (advance) => {
    failsAlways(status(503));
    const orders = create().for(ORDERS);
    const all = (): Promise<string[]> =>
      Promise.all(Array.from({ length: 50 }, (_, caller) => result(orders, `caller-${caller}`)));
    // Those that are under way when it begins.
    await all();
    const begun = exchanges().length;
    expect(begun).toBe(50);
    for (let second = 0; second < 60; second += 1) {
      advance(1000);
      expect(new Set(await all())).toEqual(new Set([UNAVAILABLE]));
    }
    expect(exchanges().length - begun).toBeLessThanOrEqual(60);
    failsAlways(EXCHANGED);
    advance(10_000);
    expect(await result(orders, 'somebody')).toBe('token');
    expect(new Set(await all())).toEqual(new Set(['token']));
    expect(warnings).toEqual(['EXCHANGE_FAILING', 'EXCHANGE_RECOVERED']);
  }));

it('An outage continues if the next exchange fails again', () =>
  withClock(async (advance) => {
    failsAlways(status(500));
    const orders = create().for(ORDERS);
    for (const caller of ['a', 'b']) await result(orders, caller);
    advance(2000);
    await result(orders, 'a');
    expect(exchanges()).toHaveLength(3);
    expect(await result(orders, 'c')).toBe(UNAVAILABLE);
    expect(exchanges()).toHaveLength(3);
  }));

// Each of them may be what shows that the issuer fails, but only once.
it.each([
  [2, 2],
  [20, 20],
])('If the exchanges of %i callers always fail, other callers wait for at most %i s', (count, seconds) =>
  withClock(async (advance) => {
    replies(({ subject_token }) => (subject_token?.startsWith('bad') ? status(500) : EXCHANGED));
    const orders = create().for(ORDERS);
    let stopped = 0;
    for (let second = 0; second < 60; second += 1) {
      for (let caller = 0; caller < count; caller += 1) await result(orders, `bad${caller}`);
      if ((await result(orders, `good-${second}`)) !== 'token') stopped += 1;
      advance(1000);
    }
    expect(stopped).toBeLessThanOrEqual(seconds);
  }),
);

it('After a failure that concerns all callers, no further request is sent', () =>
  withClock(async (advance) => {
    server.replies.set(METADATA, () => status(500));
    const orders = create().for(ORDERS);
    expect(await Promise.all([result(orders, 'a'), result(orders, 'b')])).toEqual([UNAVAILABLE, UNAVAILABLE]);
    const before = server.received.length;
    expect(await result(orders, 'c')).toBe(UNAVAILABLE);
    expect(server.received).toHaveLength(before);
    if (metadata) server.replies.set(METADATA, metadata);
    failsAlways(status(429, {}, { 'retry-after': '5' }));
    advance(3000);
    expect(await result(orders, 'a')).toBe(UNAVAILABLE);
    failsAlways(EXCHANGED);
    advance(4999);
    expect(await result(orders, 'c')).toBe(UNAVAILABLE);
    advance(1);
    expect(await result(orders, 'c')).toBe('token');
  }));
