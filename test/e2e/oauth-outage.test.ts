// A provider that is down for a minute while callers keep coming, in simulated time: what is asked, answered, kept and recovered.
import { type AuthWarningCode, createAuthClient } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { createIntrospection } from 'intentkit-auth/introspection';
import { afterAll, expect, it } from 'vitest';
import { freezeClock, moveClock } from '../support/clock.js';
import * as faults from '../support/faulty-jwks-server.js';
import { type OAuthServer, type Reply, startOAuthServer, status } from '../support/oauth-server.js';

freezeClock();
const server: OAuthServer = await startOAuthServer();
afterAll(() => server.close());

const STEP_MS = 250;
const [UP, DOWN, RECOVERY] = [2, 60, 5];
/** Per step: so many callers that come once, and so many that come again and again. */
const [NEW, REGULAR] = [5, 3];

/** What became of the calls of a second, and how many requests the provider got in it. */
interface Second {
  readonly outcomes: Readonly<Record<string, number>>;
  readonly requests: number;
}
const without = { code: 'none', retryAfter: Number.NaN };

/** Whole seconds, at most a minute. */
const isWait = (seconds: unknown): boolean =>
  Number.isInteger(seconds) && Number(seconds) >= 1 && Number(seconds) <= 60;

/** Lets callers come for some seconds. */
async function load(
  seconds: readonly number[],
  path: string,
  call: (caller: string) => Promise<string>,
): Promise<Second[]> {
  const all: Second[] = [];
  for (const second of seconds) {
    const before = server.to(path).length;
    const outcomes: Record<string, number> = {};
    for (let at = 0; at < 1000; at += STEP_MS) {
      moveClock((second + 1) * 1000 + at);
      const callers = Array.from({ length: NEW }, (_, index) => `new-${second}-${at}-${index}`);
      const again = Array.from({ length: REGULAR }, (_, index) => `regular-${index}`);
      const ended = await Promise.allSettled([...callers, ...again].map(call));
      for (const one of ended) {
        const { code, retryAfter } = one.status === 'rejected' ? one.reason : without;
        const outcome =
          one.status === 'fulfilled' ? one.value : isWait(retryAfter) ? code : 'no time to wait';
        outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
      }
    }
    all.push({ outcomes, requests: server.to(path).length - before });
  }
  return all;
}
const range = (from: number, length: number): number[] => Array.from({ length }, (_, index) => from + index);
const sum = (numbers: readonly number[]): number => numbers.reduce((one, other) => one + other, 0);
const CALLS = (1000 / STEP_MS) * (NEW + REGULAR);

const options = (warnings: AuthWarningCode[]) => ({
  issuer: server.issuer,
  clientId: 'mcp-server',
  clientAuth: { secret: 'the secret' },
  onWarning: (_: string, code: AuthWarningCode) => void warnings.push(code),
});

interface Entry {
  readonly path: string;
  readonly good: () => Reply;
  readonly create: (warnings: AuthWarningCode[]) => (caller: string) => Promise<string>;
  readonly unavailable: string;
  readonly warned: readonly AuthWarningCode[];
  /** How many calls of a second need no request. */
  readonly kept: number;
}
const ENTRIES: Readonly<Record<string, Entry>> = {
  introspection: {
    path: '/introspect',
    good: () => ({ active: true, sub: 'ada', exp: Math.floor(Date.now() / 1000) + 600 }),
    create: (warnings) => {
      const auth = createAuthClient({ introspection: createIntrospection(options(warnings)) });
      return async (caller) => {
        const { valid, reason } = await auth.verify(caller);
        return valid ? 'good' : String(reason);
      };
    },
    unavailable: 'ERR_INTROSPECTION_UNAVAILABLE',
    warned: ['INTROSPECTION_FAILING', 'INTROSPECTION_RECOVERED'],
    kept: 0,
  },
  downstream: {
    path: '/token',
    good: () => ({ access_token: 'for-orders', token_type: 'Bearer', expires_in: 600 }),
    create: (warnings) => {
      const orders = createDownstream(options(warnings)).for({ audience: 'orders' });
      return async (caller) => ((await orders(caller)).token === 'for-orders' ? 'good' : 'another token');
    },
    unavailable: 'ERR_EXCHANGE_UNAVAILABLE',
    warned: ['EXCHANGE_FAILING', 'EXCHANGE_RECOVERED'],
    kept: (1000 / STEP_MS) * REGULAR,
  },
};
// biome-ignore format: a table
const OUTAGES: ReadonlyArray<readonly [what: string, reply: Reply]> = [
  ['answers 503', status(503)], ['answers 429, to come back in 5 s', status(429, {}, { 'retry-after': '5' })], ['resets connections', faults.reset],
];
const CASES = Object.keys(ENTRIES).flatMap((name) =>
  OUTAGES.map(([what, reply]) => [name, what, reply] as const),
);

it.each(CASES)('%s: a provider that %s for a minute', async (name, _, reply) => {
  const { path, good, create, unavailable, warned, kept } = ENTRIES[name] as Entry;
  const warnings: AuthWarningCode[] = [];
  const call = create(warnings);
  server.received.length = 0;
  server.replies.set(path, good);
  const up = await load(range(0, UP), path, call);
  expect(up.map(({ outcomes }) => outcomes)).toEqual(up.map(() => ({ good: CALLS })));
  expect(warnings).toEqual([]);

  server.replies.set(path, () => reply);
  const down = await load(range(UP, DOWN), path, call);
  // Every call has an outcome: no token is refused, and what is kept is still handed out.
  const failed = { [unavailable]: CALLS - kept, ...(kept > 0 && { good: kept }) };
  expect(down.map(({ outcomes }) => outcomes)).toEqual(down.map(() => failed));
  // At first, all calls of a step are under way. Then the provider is asked a little more than once a second.
  const [first, ...later] = down.map(({ requests }) => requests);
  expect(first).toBeLessThanOrEqual(3 * (NEW + REGULAR));
  expect(Math.max(...later)).toBeLessThanOrEqual(4);
  expect(sum(later)).toBeLessThanOrEqual(2 * DOWN);
  expect(sum(later)).toBeGreaterThanOrEqual(1);
  expect(warnings).toEqual(warned.slice(0, 1));

  server.replies.set(path, good);
  // The provider may have asked to wait.
  await load(range(UP + DOWN, RECOVERY), path, call);
  const after = await load(range(UP + DOWN + RECOVERY, UP), path, call);
  expect(after.map(({ outcomes }) => outcomes)).toEqual(after.map(() => ({ good: CALLS })));
  // Nothing is made up for: there are as many requests as before the outage.
  for (const { requests } of after) expect(requests).toBe(CALLS - kept);
  expect(warnings).toEqual(warned);
});
