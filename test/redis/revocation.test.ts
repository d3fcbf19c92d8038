import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { figure } from './figure.js';
import { type RedisServer, startRedis } from './redis-server.js';
import { type Answer, type Replica, startReplica } from './replicas.js';
import { startSlowProxy } from './slow-proxy.js';

const UNAVAILABLE = 'ERR_REVOCATION_UNAVAILABLE';

/** The longest wait that ended without a verdict, in milliseconds. */
let longest = 0;

let redis: RedisServer;
let one: Replica;
let other: Replica;
beforeAll(async () => {
  redis = await startRedis();
  [one, other] = await Promise.all([startReplica(redis.url), startReplica(redis.url)]);
});
afterAll(async () => {
  expect([one.isAlive(), other.isAlive()]).toEqual([true, true]);
  await Promise.all([one.close(), other.close()]);
  await redis.close();
  figure(`longest wait for no verdict: ${longest.toFixed(0)} ms`);
});

/** Makes a valid and a revoked token, and checks both in both processes. */
async function tokens(): Promise<{ valid: string; revoked: string }> {
  const [valid, revoked] = await Promise.all([one.sign('user-1'), one.sign('user-2')]);
  expect(await one.revoke(revoked)).toMatchObject({ outcome: 'revoked' });
  for (const replica of [one, other]) {
    expect(await replica.verify(valid)).toMatchObject({ outcome: 'valid' });
    expect(await replica.verify(revoked)).toMatchObject({ outcome: 'revoked' });
  }
  return { valid, revoked };
}

/** Asks many concurrent questions, as a server does. */
const many = (count: number, ask: () => Promise<Answer>): Promise<Answer[]> =>
  Promise.all(Array.from({ length: count }, ask));

function expectNoVerdict(answers: readonly Answer[]): void {
  expect(new Set(answers.map(({ outcome }) => outcome))).toEqual(new Set([UNAVAILABLE]));
  const waits = answers.map(({ milliseconds }) => milliseconds);
  longest = Math.max(longest, ...waits);
}

/** Waits until both processes give verdicts again. Resolves to the number of milliseconds. */
async function recovery({ valid, revoked }: { valid: string; revoked: string }): Promise<number> {
  const began = performance.now();
  for (const replica of [one, other]) {
    while ((await replica.verify(valid)).outcome === UNAVAILABLE) await sleep(20);
    expect(await replica.verify(valid)).toMatchObject({ outcome: 'valid' });
    expect(await replica.verify(revoked)).toMatchObject({ outcome: 'revoked' });
  }
  return performance.now() - began;
}

describe('A logout in one process', () => {
  it('takes effect in the other process with its next question', async () => {
    const lags: number[] = [];
    for (let time = 0; time < 50; time += 1) {
      const token = await one.sign('user-1');
      expect((await other.verify(token)).outcome).toBe('valid');
      expect((await one.revoke(token)).outcome).toBe('revoked');
      const began = performance.now();
      expect((await other.verify(token)).outcome).toBe('revoked');
      lags.push(performance.now() - began);
    }
    figure(`lag of a revocation: ${lags.toSorted((a, b) => a - b)[25]?.toFixed(1)} ms (median)`);
  });
});

describe('While Redis is paused', () => {
  it('no token gets a verdict, every question ends by the deadline, and then verdicts are correct again', async () => {
    const both = await tokens();
    redis.pause();
    onTestFinished(() => redis.resume());
    for (let second = 0; second < 3; second += 1) {
      expectNoVerdict(await many(200, () => one.verify(both.valid)));
      expectNoVerdict(await many(200, () => other.verify(both.revoked)));
      expectNoVerdict([await one.revoke(both.valid)]);
    }
    redis.resume();
    const recovered = await recovery(both);
    figure(`recovery after a pause: ${recovered.toFixed(0)} ms`);
  });

  it('tokens are accepted with one warning if "onUnavailable" is "accept", and revoking fails', async () => {
    const lenient = await startReplica(redis.url, 'accept');
    onTestFinished(() => lenient.close());
    const { valid, revoked } = await tokens();
    expect((await lenient.verify(revoked)).outcome).toBe('revoked');
    redis.pause();
    onTestFinished(() => redis.resume());
    expect((await lenient.verify(revoked)).outcome).toBe('valid');
    expect((await lenient.verify(valid)).outcome).toBe('valid');
    expectNoVerdict([await lenient.revoke(valid)]);
    expect(await lenient.warnings()).toEqual(['REVOCATION_FAILING']);
    redis.resume();
    await expect.poll(async () => (await lenient.verify(revoked)).outcome, { timeout: 3000 }).toBe('revoked');
    expect(await lenient.warnings()).toEqual(['REVOCATION_FAILING', 'REVOCATION_RECOVERED']);
  });
});

describe('When Redis is killed', () => {
  it('no token gets a verdict, and after the restart, revoked tokens are still revoked', async () => {
    const both = await tokens();
    await redis.kill();
    onTestFinished(() => redis.restart());
    for (let second = 0; second < 3; second += 1) {
      expectNoVerdict(await many(200, () => one.verify(both.revoked)));
      expectNoVerdict([await other.verify(both.valid)]);
      expectNoVerdict([await other.revoke(both.valid)]);
      await sleep(300);
    }
    await redis.restart();
    // The Redis client library waits a little over two seconds between two attempts to connect.
    const recovered = await recovery(both);
    figure(`recovery after a kill and a restart: ${recovered.toFixed(0)} ms`);
  });

  it('a process that starts meanwhile gives no verdict either, and recovers', async () => {
    const both = await tokens();
    await redis.kill();
    onTestFinished(() => redis.restart());
    const late = await startReplica(redis.url);
    onTestFinished(() => late.close());
    expectNoVerdict([await late.verify(both.revoked)]);
    await redis.restart();
    await expect
      .poll(async () => (await late.verify(both.revoked)).outcome, { timeout: 8000 })
      .toBe('revoked');
    await recovery(both);
    expect(late.isAlive()).toBe(true);
  });
});

describe('When Redis is full', () => {
  it('revoking fails with an error, verifying still works, and revoking works again when there is room', async () => {
    const both = await tokens();
    const token = await one.sign('user-1');
    await redis.command('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    onTestFinished(async () => void (await redis.command('CONFIG', 'SET', 'maxmemory', '0')));
    expectNoVerdict([await one.revoke(token)]);
    expect((await other.verify(token)).outcome).toBe('valid');
    expect((await other.verify(both.revoked)).outcome).toBe('revoked');
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect((await one.revoke(token)).outcome).toBe('revoked');
    expect((await other.verify(token)).outcome).toBe('revoked');
  });
});

describe('When Redis is slow', () => {
  it('verdicts wait for Redis until the deadline; slower answers give no verdict', async () => {
    const proxy = await startSlowProxy(redis.port);
    onTestFinished(() => proxy.close());
    const replica = await startReplica(proxy.url);
    onTestFinished(() => replica.close());
    const { valid, revoked } = await tokens();
    expect((await replica.verify(valid)).outcome).toBe('valid');
    proxy.delay = 100;
    const slow = await replica.verify(revoked);
    expect(slow.outcome).toBe('revoked');
    expect(slow.milliseconds).toBeGreaterThan(90);
    proxy.delay = 3000;
    expectNoVerdict(await many(50, () => replica.verify(valid)));
    proxy.delay = 0;
    await expect.poll(async () => (await replica.verify(revoked)).outcome, { timeout: 5000 }).toBe('revoked');
    expect(replica.isAlive()).toBe(true);
  });
});
