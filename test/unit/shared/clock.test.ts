import { createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { monotonicNow } from '../../../src/shared/clock.js';
import { outcome } from '../../support/outcome.js';

const NONE = 'ERR_JWKS_UNAVAILABLE';
/** Long before, now and long after: fake timers begin when a test says. */
const STARTS = [Date.UTC(2000, 0, 1), Date.now(), Date.UTC(2040, 0, 1)];

const fake = (now: number): void => void vi.useFakeTimers({ now });
const real = (): void => void vi.useRealTimers();
afterEach(real);

describe('The clock', () => {
  it.each(STARTS)(
    'never goes back when fake timers that begin at %d come and go, and moves with them',
    (start) => {
      let last = monotonicNow();
      const next = (): number => {
        const now = monotonicNow();
        const passed = now - last;
        last = now;
        return passed;
      };
      for (let time = 0; time < 3; time += 1) {
        fake(start);
        expect(next()).toBeGreaterThanOrEqual(0);
        vi.advanceTimersByTime(3_600_000);
        expect(next()).toBe(3_600_000);
        vi.setSystemTime(start - 1e9);
        expect(next()).toBe(0);
        real();
        expect(next()).toBeGreaterThanOrEqual(0);
      }
    },
  );

  it('counts what passes on fake timers before it is read', () => {
    const before = monotonicNow();
    fake(STARTS[0] as number);
    vi.advanceTimersByTime(5000);
    expect(monotonicNow() - before).toBeGreaterThanOrEqual(5000);
  });
});

// biome-ignore format: one order a line
const ORDERS: ReadonlyArray<[order: string, makes: 'real' | 'fake', uses: 'real' | 'fake', then: 'real' | 'fake']> = [
  ['made and used with real timers, then with fake ones', 'real', 'real', 'fake'],
  ['made with real timers, then used with fake ones', 'real', 'fake', 'fake'],
  ['made with real timers, used with fake ones, then with real ones', 'real', 'fake', 'real'],
  ['made and used with fake timers, then with real ones', 'fake', 'fake', 'real'],
  ['made with fake timers, then used with real ones', 'fake', 'real', 'real'],
  ['made with fake timers, used with real ones, then with fake ones', 'fake', 'real', 'fake'],
  ['made and used with fake timers, then with others', 'fake', 'fake', 'fake'],
];
const rows = ORDERS.flatMap((order) => STARTS.map((start) => [...order, start] as const));

describe.each(rows)('A client that is %s', (_, makes, uses, then, start) => {
  const use = (timers: 'real' | 'fake', now = start): void => {
    real();
    if (timers === 'fake') fake(now);
  };
  beforeEach(() => use(makes));

  async function make() {
    const issuer = await createTestIssuer();
    const token = await issuer.token({ exp: undefined, iat: undefined });
    const jwks = { fetch: issuer.fetch };
    return {
      issuer,
      token,
      client: createAuthClient({ jwksUrl: issuer.jwksUrl, jwks, onWarning: () => {} }),
    };
  }

  it(`looks up unknown key ids as often as its budget allows (fake timers begin at ${start})`, async () => {
    const { issuer, client, token } = await make();
    use(uses);
    expect(await outcome(client, token)).toBe('valid');
    use(then, start + 1000);
    const outcomes: string[] = [];
    for (const keyId of ['a', 'b', 'c']) {
      const made = await issuer.token({ exp: undefined }, { keyId });
      outcomes.push(await outcome(client, made));
      // A fetch answers for all tokens that came at the same time.
      if (then === 'fake') vi.advanceTimersByTime(1);
      else await new Promise((resolve) => setTimeout(resolve, 2));
    }
    expect(outcomes).toEqual(['key', 'key', NONE]);
    expect([await outcome(client, token), issuer.requests.length]).toEqual(['valid', 3]);
  });

  it(`retries a second after a failure, and follows a rotation (fake timers begin at ${start})`, async () => {
    const { issuer, client, token } = await make();
    use(uses);
    issuer.fail('503');
    expect(await outcome(client, token)).toBe(NONE);
    issuer.recover();
    use('fake', start + 5000);
    vi.advanceTimersByTime(1001);
    expect(await outcome(client, token)).toBe('valid');
    use(then, start + 9000);
    issuer.rotate({ keepOld: true });
    expect(await outcome(client, await issuer.token({ exp: undefined }))).toBe('valid');
    expect(issuer.requests.length).toBe(3);
  });
});
