import { type AuthClient, type AuthError, type AuthWarningCode, createAuthClient } from 'intentkit-auth';
import { createIntrospection, type IntrospectionOptions } from 'intentkit-auth/introspection';
import { afterAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { withClock } from '../../support/clock.js';
import * as faults from '../../support/faulty-jwks-server.js';
import {
  METADATA,
  type OAuthServer,
  type Reply,
  startOAuthServer,
  status,
} from '../../support/oauth-server.js';
import { outcome } from '../../support/outcome.js';
import { until } from '../../support/until.js';

/*
 * Anyone can cause a question by sending a text. So one text must not stop the verification of others, however the endpoint or a
 * firewall in front of it fails on that text. An outage must cause few requests nonetheless.
 */

const server: OAuthServer = await startOAuthServer();
afterAll(() => server.close());

const UNAVAILABLE = 'ERR_INTROSPECTION_UNAVAILABLE';
const ACTIVE = { active: true, sub: 'ada' };
const metadata = server.replies.get(METADATA);

/** The endpoint answers each question about a text that begins with "bad" in this way, and any other question well. */
const failsOnBadText = (reply: Reply): void =>
  void server.replies.set('/introspect', ({ fields }) =>
    fields[0]?.[1]?.startsWith('bad') ? reply : ACTIVE,
  );
const failsAlways = (reply: Reply): void => void server.replies.set('/introspect', () => reply);
const asked = (text?: string): number =>
  server.to('/introspect').filter(({ fields }) => text === undefined || fields[0]?.[1] === text).length;

beforeEach(() => {
  server.received.length = 0;
  if (metadata) server.replies.set(METADATA, metadata);
});

let warnings: AuthWarningCode[] = [];
const client = (more: Partial<IntrospectionOptions> = {}): AuthClient => {
  warnings = [];
  const introspection = createIntrospection({
    issuer: server.issuer,
    clientId: 'my-api',
    clientAuth: { secret: 'hush' },
    timeout: '3s',
    onWarning: (_, code) => void warnings.push(code),
    ...more,
  });
  return createAuthClient({ introspection });
};

// biome-ignore format: a table
const REPLIES: ReadonlyArray<readonly [what: string, reply: Reply]> = [
  ['401', status(401, { error: 'invalid_client' })],
  ['401 without an error', status(401)],
  ['a 403 of a firewall', faults.answer(403, { 'content-type': 'text/html' }, '<h1>Blocked</h1>')],
  ['404', status(404)],
  ['408', status(408)],
  ['500', status(500)],
  ['503 without "Retry-After"', status(503)],
  ['HTML', faults.body('<!doctype html>', 'text/html')],
  ['no "active"', { sub: 'ada' }],
  ['a redirect', faults.answer(302, { location: '/blocked' })],
  ['too much', faults.large(2 ** 20 + 1)],
  ['a reset', faults.reset],
  ['unauthorized_client', status(400, { error: 'unauthorized_client' })],
];

const LATER = status(503, {}, { 'retry-after': '30' });
describe.each([...REPLIES, ['503 with "Retry-After"', LATER] as const])(
  'If the introspection endpoint answers some tokens with %s,',
  (_, reply) => {
    it('other tokens are verified, and the client does not warn', async () => {
      const auth = client();
      failsOnBadText(reply);
      for (const text of ['bad1', 'bad2', 'bad3']) {
        expect(await outcome(auth, text)).toBe(UNAVAILABLE);
        expect(await outcome(auth, `good-after-${text}`)).toBe('valid');
      }
      expect([warnings, auth.status().introspection]).toEqual([[], { issuer: server.issuer }]);
    });
  },
);

describe.each(REPLIES)('If the introspection endpoint answers all tokens with %s,', (_, reply) => {
  it('few requests are sent, even for many callers, and the first answer ends the outage', () =>
    withClock(async (advance) => {
      const auth = client();
      failsAlways(reply);
      // Here, a connection that is cut causes a second request.
      await outcome(auth, 'first');
      const begun = asked();
      expect(begun).toBeLessThanOrEqual(3);
      for (let at = 0; at < 20; at += 1) expect(await outcome(auth, `text-${at}`)).toBe(UNAVAILABLE);
      expect(asked()).toBe(begun);
      advance(4000);
      await Promise.all(Array.from({ length: 20 }, (_, at) => outcome(auth, `more-${at}`)));
      expect(asked() - begun).toBe(2);
      failsAlways(ACTIVE);
      advance(4000);
      expect(await outcome(auth, 'first')).toBe('valid');
      expect(await outcome(auth, 'more-1')).toBe('valid');
      expect(warnings.at(-1)).toBe('INTROSPECTION_RECOVERED');
      expect(warnings).toHaveLength(2);
    }));
});

it('During an outage, the client obeys "Retry-After" for all tokens', () =>
  withClock(async (advance) => {
    const auth = client();
    failsAlways(LATER);
    await outcome(auth, 'first');
    const error = await auth.verify('other').catch((reason: AuthError) => reason);
    expect(error).toMatchObject({ code: UNAVAILABLE, retryAfter: 30 });
    failsAlways(ACTIVE);
    advance(29_999);
    expect(await outcome(auth, 'other')).toBe(UNAVAILABLE);
    advance(1);
    expect(await outcome(auth, 'other')).toBe('valid');
  }));

it('The client waits 1 s, then up to 10 s, before it sends a token again that failed, and verifies others meanwhile', () =>
  withClock(async (advance) => {
    const auth = client();
    failsOnBadText(status(500));
    for (const seconds of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10]) {
      const before = asked('bad');
      const error = await auth.verify('bad').catch((reason: AuthError) => reason);
      expect(error).toMatchObject({ code: UNAVAILABLE, retryAfter: seconds });
      expect(asked('bad') - before).toBe(1);
      advance(seconds * 1000 - 1);
      expect(await outcome(auth, 'bad')).toBe(UNAVAILABLE);
      expect(asked('bad') - before).toBe(1);
      expect(await outcome(auth, 'good')).toBe('valid');
      advance(1);
    }
    failsAlways(ACTIVE);
    expect(await outcome(auth, 'bad')).toBe('valid');
    failsOnBadText(status(500));
    expect(await auth.verify('bad').catch((reason: AuthError) => reason)).toMatchObject({ retryAfter: 1 });
  }));

it('Many tokens that fail cause at most one control question a second', () =>
  withClock(async (advance) => {
    const auth = client();
    failsOnBadText(status(500));
    for (let at = 0; at < 50; at += 1) await outcome(auth, `bad${at}`);
    expect(asked()).toBe(51);
    advance(1000);
    for (let at = 50; at < 60; at += 1) await outcome(auth, `bad${at}`);
    expect(asked()).toBe(62);
  }));

it('Tokens that fail at the same time share a control question', async () => {
  const auth = client();
  let fail = (): void => {};
  const held = new Promise<void>((resolve) => {
    fail = resolve;
  });
  server.replies.set('/introspect', async () => {
    await held;
    return status(500);
  });
  const all = Promise.all(Array.from({ length: 5 }, (_, at) => outcome(auth, `text-${at}`)));
  await until(() => asked() === 5);
  fail();
  await all;
  expect(asked()).toBe(6);
});

describe('If the introspection of a token times out,', () => {
  const timeout = '0.4s';
  const hangs = (prefix: string): void =>
    void server.replies.set('/introspect', ({ fields }) =>
      fields[0]?.[1]?.startsWith(prefix) ? faults.blackHole : ACTIVE,
    );

  it('this is an outage at once, and no control question delays the answer', () =>
    withClock(async (advance) => {
      const auth = client({ timeout });
      hangs('');
      expect(await outcome(auth, 'first')).toBe(UNAVAILABLE);
      expect(await outcome(auth, 'second')).toBe(UNAVAILABLE);
      expect([asked('first'), asked('second'), warnings]).toEqual([1, 0, ['INTROSPECTION_FAILING']]);
      failsAlways(ACTIVE);
      advance(4000);
      expect(await outcome(auth, 'second')).toBe('valid');
    }));

  it('the answer to the control question ends the outage, and the same token does not begin another one', () =>
    withClock(async (advance) => {
      const auth = client({ timeout });
      hangs('bad');
      expect(await outcome(auth, 'bad')).toBe(UNAVAILABLE);
      await until(() => auth.status().introspection?.lastError === undefined);
      expect(await outcome(auth, 'good')).toBe('valid');
      // The bad text waits, and then its failure is known to be its own.
      expect(await outcome(auth, 'bad')).toBe(UNAVAILABLE);
      expect(asked('bad')).toBe(1);
      advance(1000);
      expect(await outcome(auth, 'bad')).toBe(UNAVAILABLE);
      await until(() => auth.status().introspection?.lastError === undefined);
      expect(await outcome(auth, 'well')).toBe('valid');
    }));

  it('but a later token is answered, this is not an outage', async () => {
    const auth = client({ timeout });
    hangs('bad');
    const bad = outcome(auth, 'bad');
    await until(() => asked() === 1);
    expect(await outcome(auth, 'good')).toBe('valid');
    expect(await bad).toBe(UNAVAILABLE);
    expect(await outcome(auth, 'well')).toBe('valid');
    expect([warnings, auth.status().introspection]).toEqual([[], { issuer: server.issuer }]);
  });
});

it('A token that fails during an outage does not prolong the outage', () =>
  withClock(async (advance) => {
    const auth = client();
    failsAlways(status(503));
    await outcome(auth, 'first');
    failsOnBadText(status(403));
    advance(2000);
    expect(await outcome(auth, 'bad')).toBe(UNAVAILABLE);
    // The control question has ended the outage, so not only one question is sent.
    const both = ['good', 'well'].map((text) => outcome(auth, text));
    expect(await Promise.all(both)).toEqual(['valid', 'valid']);
  }));

it('After an outage, a token that was tried again and again is sent at once', () =>
  withClock(async (advance) => {
    const auth = client();
    failsAlways(status(503));
    for (let at = 0; at < 8; at += 1) {
      expect(await auth.verify('only').catch((reason: AuthError) => reason)).toMatchObject({
        code: UNAVAILABLE,
      });
      advance(2000);
    }
    failsAlways(ACTIVE);
    expect(await outcome(auth, 'only')).toBe('valid');
  }));

it('A request that fails after an outage has begun causes no second control question', async () => {
  const auth = client();
  let fail = (): void => {};
  const held = new Promise<void>((resolve) => {
    fail = resolve;
  });
  server.replies.set('/introspect', async ({ fields }) => {
    if (fields[0]?.[1] === 'slow') await held;
    return status(500);
  });
  const slow = outcome(auth, 'slow');
  await until(() => asked() === 1);
  expect(await outcome(auth, 'quick')).toBe(UNAVAILABLE);
  fail();
  expect(await slow).toBe(UNAVAILABLE);
  expect(asked()).toBe(3);
});

it('The control question asks about a random text with the prefix', async () => {
  const auth = client({ prefix: 'at_' });
  failsAlways(status(500));
  await outcome(auth, 'at_1');
  const texts = server.to('/introspect').map(({ fields }) => fields[0]?.[1]);
  expect(texts).toEqual(['at_1', expect.stringMatching(/^at_[\w-]{36}$/)]);
});

it('While a control question is under way, an answer to a later request shows that the endpoint works', async () => {
  const auth = client();
  let fail = (): void => {};
  const held = new Promise<void>((resolve) => {
    fail = resolve;
  });
  server.replies.set('/introspect', async ({ fields }) => {
    const text = fields[0]?.[1] ?? '';
    if (text === 'good') return ACTIVE;
    if (text !== 'bad') await held;
    return status(500);
  });
  const bad = outcome(auth, 'bad');
  await until(() => asked() === 2);
  expect(await outcome(auth, 'good')).toBe('valid');
  fail();
  expect(await bad).toBe(UNAVAILABLE);
  expect([auth.status().introspection, warnings]).toEqual([{ issuer: server.issuer }, []]);
});

// biome-ignore format: a table
const AT_ONCE: ReadonlyArray<readonly [what: string, fail: () => void]> = [
  ['429', () => failsAlways(status(429))],
  ['no metadata', () => void server.replies.set(METADATA, () => status(500))],
  ['wrong metadata', () => void server.replies.set(METADATA, () => ({ issuer: 'https://other.example' }))],
];
it.each(AT_ONCE)(
  'After a failure that concerns all tokens, the client sends no control question: %s',
  (_, fail) =>
    withClock(async (advance) => {
      const auth = client();
      fail();
      // The second one waits for the discovery of the first one, and makes no request itself.
      expect(await Promise.all([outcome(auth, 'a'), outcome(auth, 'b')])).toEqual([UNAVAILABLE, UNAVAILABLE]);
      const before = server.received.length;
      expect(before).toBeLessThanOrEqual(3);
      expect(await outcome(auth, 'c')).toBe(UNAVAILABLE);
      expect(server.received.length).toBe(before);
      expect(warnings).toEqual(['INTROSPECTION_FAILING']);
      if (metadata) server.replies.set(METADATA, metadata);
      failsAlways(ACTIVE);
      advance(3000);
      expect(await outcome(auth, 'a')).toBe('valid');
    }),
);

it('On Workers, a client detects an outage too', () => {
  vi.stubGlobal('navigator', { userAgent: 'Cloudflare-Workers' });
  onTestFinished(() => void vi.unstubAllGlobals());
  return withClock(async () => {
    const auth = client();
    failsOnBadText(status(500));
    expect([await outcome(auth, 'bad'), await outcome(auth, 'good')]).toEqual([UNAVAILABLE, 'valid']);
    failsAlways(status(500));
    vi.advanceTimersByTime(1000);
    const before = asked();
    // A request must not wait for the I/O of another one, so each asks its own control question.
    await Promise.all(['x', 'y'].map((text) => outcome(auth, text)));
    expect(asked() - before).toBe(4);
    for (const text of ['a', 'b', 'c']) expect(await outcome(auth, text)).toBe(UNAVAILABLE);
    expect(asked() - before).toBe(4);
  });
});

it('A client delays at most 1,000 tokens that failed, and keeps none of them as text', async () => {
  const texts: string[] = [];
  const issuer = (async (_: string, { body }: RequestInit) => {
    const text = new URLSearchParams(String(body)).get('token') ?? '';
    texts.push(text);
    return text.startsWith('bad') ? new Response(null, { status: 500 }) : Response.json(ACTIVE);
  }) as typeof fetch;
  const auth = client({ fetch: issuer, endpoint: 'https://id.example/introspect' });
  const set = vi.spyOn(Map.prototype, 'set');
  onTestFinished(() => set.mockRestore());
  await withClock(async () => {
    for (let at = 0; at < 1001; at += 1) await outcome(auth, `bad-text-${at}`);
    expect(set.mock.calls.filter(([key]) => typeof key === 'string').length).toBeGreaterThan(1000);
    expect(set.mock.calls.filter(([key]) => String(key).includes('bad-text'))).toEqual([]);
    for (const text of ['bad-text-0', 'bad-text-1000']) await outcome(auth, text);
    const timesOf = (text: string): number => texts.filter((one) => one === text).length;
    expect([timesOf('bad-text-0'), timesOf('bad-text-1000')]).toEqual([2, 1]);
  });
});

it('A control question finds an endpoint that has moved', () =>
  withClock(async (advance) => {
    const auth = client();
    failsAlways(ACTIVE);
    expect(await outcome(auth, 'a')).toBe('valid');
    advance(10_000);
    failsAlways(status(404));
    server.replies.set('/moved', () => ACTIVE);
    const moved = { issuer: server.issuer, introspection_endpoint: `${server.issuer}/moved` };
    server.replies.set(METADATA, () => moved);
    expect(await outcome(auth, 'b')).toBe(UNAVAILABLE);
    expect(await outcome(auth, 'c')).toBe('valid');
    expect(warnings).toEqual([]);
  }));
