/**
 * Verifies valid and invalid tokens with clients whose identity provider fails, recovers and rotates its keys. It compares
 * every verdict with those that the state of the provider allows.
 *
 * Each token advances the clients' clock, so minutes of running are days for the clients: keys expire and are refreshed,
 * back-offs end, outages last longer than `staleIfError`. Sockets and timers are real.
 */
import { setImmediate } from 'node:timers/promises';
import { AuthError, createAuthClient } from 'intentkit-auth';
import { watchHealth } from './health.js';
import { FAULTS, startProvider } from './provider.js';
import { AUDIENCE, anySample, SECRETS, signers, type World } from './samples.js';
import { problemOf, verdictOf } from './verdict.js';

const CONCURRENCY = 64;
const PHASE_TOKENS = 1000;
/** How far each token advances the clock. A phase takes five minutes. */
const TICK_MS = 300;
const TOKENS_PER_HEAP_SAMPLE = 40_000;
/** The approximate number of tokens that two slow cores verify per second. */
const TOKENS_A_SECOND = 4000;
/** Most tokens go to clients with a JWKS, because the faults affect only those. */
const TURNS = ['jwks', 'both', 'secret', 'jwks', 'both'] as const;

/** Resolves to true if every verdict was correct. */
export async function soakTokens(total = 1_000_000): Promise<boolean> {
  const say = (text: string): void => void process.stderr.write(`${text}\n`);
  say(`${total} tokens: about ${Math.ceil(total / TOKENS_A_SECOND / 60)} min on two cores`);
  const wrong: string[] = [];
  const counts = new Map<string, number>();
  const count = (what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);
  process.on('unhandledRejection', (reason) => wrong.push(`unhandled: ${reason}`));
  let now = Date.UTC(2026, 0, 1);
  const realNow = performance.now.bind(performance);
  Date.now = () => now;
  performance.now = () => now;

  const provider = await startProvider();
  const common = { audience: AUDIENCE, onWarning: (_: string, code: string) => count(code) };
  const remote = { jwksUrl: provider.url, jwks: { timeout: '10s' } } as const;
  const clients = {
    secret: createAuthClient({ secret: SECRETS, ...common }),
    jwks: createAuthClient({ ...remote, ...common }),
    both: createAuthClient({ secret: SECRETS, ...remote, ...common }),
  };
  const ofJwks = [clients.jwks, clients.both];
  const health = watchHealth();
  const started = realNow();
  let done = 0;
  const progress = (): string =>
    `${done} of ${total} tokens in ${((realNow() - started) / 1000).toFixed(0)} s, ${wrong.length} wrong`;
  const timer = setInterval(() => say(progress()), 5000);

  async function verifyOne(world: World): Promise<void> {
    done += 1;
    now += TICK_MS;
    const name = TURNS[done % TURNS.length] ?? 'jwks';
    const { token, sub, expected } = anySample();
    const allowed = expected(name, world);
    const result = await clients[name]
      .verify(token as string)
      .catch((error: unknown) => (error instanceof AuthError ? error.code : `thrown: ${error}`));
    count(verdictOf(result));
    const problem = problemOf(result, allowed, sub);
    if (!problem) return;
    const published = world.published.map((set) => set.map(({ kid }) => kid));
    wrong.push(`${name}: ${problem}, ${JSON.stringify({ ...world, published })}, ${String(token)}`);
  }

  /** Runs traffic, and calls `meanwhile` in the middle of it. */
  async function phase(world: World, meanwhile?: () => Promise<unknown>): Promise<void> {
    let left = Math.min(PHASE_TOKENS, total - done);
    let happening: Promise<unknown> | undefined;
    const traffic = async (): Promise<void> => {
      // Like incoming requests, each token gets its own turn of the event loop.
      for (; left > 0; await setImmediate()) {
        left -= 1;
        if (left < PHASE_TOKENS / 2) happening ??= meanwhile?.();
        await verifyOne(world);
      }
    };
    await Promise.all(Array.from({ length: CONCURRENCY }, traffic));
    // If no tokens are left, `meanwhile` still runs, because the next phase relies on it.
    await (happening ?? meanwhile?.());
    if (done % TOKENS_PER_HEAP_SAMPLE === 0 || done === total) await health.sample();
  }

  /** Lets every client notice the state of the endpoint. */
  async function settle(expected: boolean): Promise<void> {
    // Pings within a second share one check.
    now += 1000;
    for (const client of ofJwks)
      if ((await client.ping()) !== expected) wrong.push(`ping did not answer ${expected}`);
  }

  let turn = signers.length;
  const keysAt = (index: number) => signers.at(index % signers.length) ?? [];
  const published = () => [turn, turn - 1].flatMap(keysAt);
  const before = () => [turn - 1, turn - 2].flatMap(keysAt);
  const recover = () => provider.order({ fault: -1, keys: published().map(({ jwk }) => jwk) });
  const rotate = () => {
    turn += 1;
    return [before(), published()];
  };
  await recover();
  await settle(true);
  let outages = 0;
  let outlasted = 0;
  for (; done < total; outages += 1) {
    await phase({ published: [published()], endpoint: ['up'] });

    // The keys are rotated under traffic.
    await phase({ published: rotate(), endpoint: ['up'] }, recover);
    await settle(true);
    await phase({ published: [published()], endpoint: ['up'] });

    // The endpoint starts failing under traffic, and keeps failing.
    const fail = () => provider.order({ fault: outages % FAULTS.length });
    await phase({ published: [published()], endpoint: ['up', 'down'] }, fail);
    await settle(false);
    await phase({ published: [published()], endpoint: ['down'] });

    if (outages % 3 === 1) {
      // The outage lasts until the cached keys have expired.
      outlasted += 1;
      now += 60 * 60_000;
      await phase({ published: rotate(), endpoint: ['down'], outlasted: true });
      await recover();
    } else {
      // The endpoint recovers under traffic, with other keys.
      await phase({ published: rotate(), endpoint: ['up', 'down'] }, recover);
    }
    await settle(true);
  }
  clearInterval(timer);
  const requests = await provider.order({});
  provider.stop();
  // Unhandled rejections are reported after the microtasks of their turn.
  await setImmediate();

  // One warning when an outage begins, one when the cached keys expire, and one when the outage ends.
  const expected = { JWKS_FAILING: outages + outlasted, JWKS_RECOVERED: outages };
  for (const [code, times] of Object.entries(expected))
    if (counts.get(code) !== times * ofJwks.length) wrong.push(`${code} given ${counts.get(code)} times`);
  const { text, heapGrew } = health.report();
  if (heapGrew) wrong.push('the heap grew');
  const verdicts = [...counts].sort(([, a], [, b]) => b - a).map((entry) => entry.join(' '));
  const summary = [
    progress(),
    text,
    `${outages} outages, ${requests} requests for keys`,
    verdicts.join(', '),
  ];
  process.stdout.write(`${[...summary, ...wrong.slice(0, 20)].join('\n')}\n`);
  return wrong.length === 0;
}
