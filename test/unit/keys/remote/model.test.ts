/**
 * Any order of tokens, rotations, failures and time, against what must hold in each. Keys are stand-ins that nobody
 * verifies with, so that tens of thousands of steps take a moment. `MODEL_RUNS` and `FC_SEED` repeat and deepen it.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../src/config/parse.js';
import { RemoteSource } from '../../../../src/keys/remote/source.js';
import { defaultEngine } from '../../../../src/signature/choose.js';
import type { Key } from '../../../../src/signature/engine.js';
import {
  ALMOST_ONE,
  FAULTS,
  HOUR,
  MemoryProvider,
  now,
  type Published,
  pass,
  pinRandom,
  SECOND,
  type SeenRequest,
  stopClocks,
} from '../../../support/jwks-simulation.js';

vi.mock('../../../../src/jose.js', () => ({
  loadJose: async () => ({ importJWK: async (jwk: unknown) => jwk }),
}));
afterEach(() => void vi.restoreAllMocks());

const SEED = Number(process.env.FC_SEED ?? randomInt(2 ** 31 - 1));
const RUNS = Number(process.env.MODEL_RUNS ?? 2000);
const TIMEOUT = 5 * SECOND;
const COOLDOWN = 10 * SECOND;
const MAX_AGE = 60 * SECOND;
/** Clocks count in fractions, whose sums are a little off. */
const EPSILON = 1e-3;
const KEY_IDS = ['a', 'b', 'c', 'd'];

const keyOf = (kid: string): Published => ({
  kid,
  jwk: { kty: 'EC', crv: 'P-256', kid, x: kid, y: kid },
});

interface Token {
  readonly signer: string;
  readonly kid: string | undefined;
  readonly arrived: number;
  /** Whether the endpoint was failing when it arrived. */
  readonly duringOutage: boolean;
}
/** A fetch as the client sees it: a connection that was cut and tried once more is one. */
interface Fetch extends SeenRequest {
  readonly startedAt: number;
}
const isGood = (fetch: SeenRequest | undefined): boolean => Array.isArray(fetch?.keyIds);
const has = (fetch: SeenRequest | undefined, kid: string): boolean =>
  isGood(fetch) && fetch?.keyIds?.includes(kid) === true;

/** What happened over all runs, to be sure that each kind of end was reached. */
const reached = new Set<string>();

class World {
  readonly provider = new MemoryProvider();
  readonly broken: string[] = [];
  waiting = 0;
  readonly #source: RemoteSource;
  readonly #staleIfError: number;
  readonly #random: number;
  readonly #absent = new Set<string>();
  readonly #fetches: Fetch[] = [];
  #budget = { left: 2, at: 0 };

  constructor(random: number, staleIfError: number) {
    this.#random = random;
    this.#staleIfError = staleIfError;
    const fetch: typeof globalThis.fetch = (...request) => {
      const answer = this.provider.fetch(...request);
      this.#checkPace();
      return answer;
    };
    const jwks = { fetch, cooldown: '10s', cacheMaxAge: '60s', staleIfError: `${staleIfError / SECOND}s` };
    const { remote } = parseConfig({ jwksUrl: 'https://idp.example/', jwks });
    if (!remote) throw new Error('no JWKS');
    const engine = { ...defaultEngine, importPublicKey: (key: unknown) => key as Key };
    this.#source = new RemoteSource(remote, engine, () => {});
  }

  send(signer: string, kid: string | undefined): void {
    const token = { signer, kid, arrived: now(), duringOutage: this.#state().failing };
    this.waiting += 1;
    void Promise.resolve(this.#source.find({ alg: 'ES256', ...(kid !== undefined && { kid }) }))
      .then(
        (keys) => this.#checkVerdict(token, keys),
        (error) => this.#checkNoVerdict(token, error),
      )
      .then(() => {
        this.waiting -= 1;
      });
  }

  #must(holds: boolean, rule: string): void {
    if (!holds) this.broken.push(rule);
  }

  /** What the client knows now: its set, and since when the endpoint fails. */
  #state(): { set: Fetch | undefined; failing: boolean; since: number } {
    const ended = this.#fetches.filter((fetch) => fetch.ended !== undefined);
    const last = ended.findLastIndex(isGood);
    const failure = ended[last + 1];
    return { set: ended[last], failing: failure !== undefined, since: failure?.ended ?? 0 };
  }

  #refilled(): number {
    return Math.min(2, this.#budget.left + (now() - this.#budget.at) / COOLDOWN);
  }

  #checkPace(): void {
    const request = this.provider.requests.at(-1) as SeenRequest;
    const { set, failing } = this.#state();
    const last = this.#fetches.at(-1);
    const isRepeated =
      last?.ended === request.began && last.connection === null && request.connection === 'close';
    // The request itself is kept, because it learns later when it ended.
    if (isRepeated) this.#fetches.pop();
    this.#fetches.push(Object.assign(request, { startedAt: isRepeated ? last.startedAt : request.began }));
    if (isRepeated || !last) return;
    this.#must(last.ended !== undefined, 'two fetches at once');
    if (failing) {
      const failures = this.#fetches.slice(0, -1).toReversed().findIndex(isGood);
      const count = failures < 0 ? this.#fetches.length - 1 : failures;
      const serves = set !== undefined && now() < set.startedAt + Math.max(MAX_AGE, this.#staleIfError);
      const delay =
        Math.min(SECOND * 2 ** (count - 1), serves ? 30 * SECOND : 5 * SECOND) * (1 - this.#random / 2);
      const isAsked =
        last.fault === FAULTS['answers 429 and asks for a minute'] &&
        (last.ended ?? 0) - last.startedAt < TIMEOUT;
      const wait = Math.max(delay, isAsked ? 60 * SECOND : 0);
      this.#must(
        now() - (last.ended ?? 0) > wait - EPSILON,
        `a retry ${now() - (last.ended ?? 0)} ms after failure ${count}`,
      );
      this.#must(request.connection === 'close', 'a retry on the old connection');
    } else if (set && now() < set.startedAt + MAX_AGE * (0.7 + 0.2 * this.#random) - EPSILON) {
      const left = this.#refilled();
      this.#must(left > 1 - EPSILON, `a look-up with a budget of ${left}`);
      this.#budget = { left: left - 1, at: now() };
      reached.add('a look-up');
    }
  }

  #checkVerdict({ signer, kid, arrived, duringOutage }: Token, keys: readonly unknown[]): void {
    const { failing, since } = this.#state();
    if (keys.length === 0) {
      const absent = kid ?? '';
      const proofs = this.#fetches.filter(
        (fetch) => isGood(fetch) && fetch.ended !== undefined && !has(fetch, absent),
      );
      const isLookedUp = proofs.some(({ startedAt }) => startedAt >= arrived);
      const isRemembered =
        this.#absent.has(absent) && proofs.some(({ startedAt }) => startedAt > arrived - COOLDOWN);
      this.#must(kid !== undefined, 'no key without a key id');
      this.#must(
        isLookedUp || (isRemembered && !(failing && since < now())),
        `a bad verdict without proof for ${kid}`,
      );
      this.#absent.add(absent);
      reached.add(isLookedUp ? 'absent' : 'remembered as absent');
      return;
    }
    // Each that was in use since the token came.
    const goods = this.#fetches.filter(isGood);
    const sets = goods.filter((_, index) => (goods[index + 1]?.ended ?? now()) >= arrived);
    const isGoodToken = keys.some((key) => (key as { x: string }).x === signer);
    const isFresh = (fetch: Fetch) => arrived - fetch.startedAt < MAX_AGE;
    const isStale = (fetch: Fetch) =>
      (failing || duringOutage) && now() - fetch.startedAt < this.#staleIfError;
    const using = sets.filter(
      (fetch) => has(fetch, signer) === isGoodToken && (kid === undefined || has(fetch, kid)),
    );
    this.#must(using.length > 0, `keys that were not published in the set in use, for ${kid}`);
    this.#must(
      using.some((fetch) => isFresh(fetch) || isStale(fetch)),
      'old keys served',
    );
    reached.add(isGoodToken ? (using.some(isFresh) ? 'valid' : 'valid by stale keys') : 'signature');
  }

  #checkNoVerdict({ kid }: Token, error: { code?: string; retryAfter?: number }): void {
    const { set, failing } = this.#state();
    const { code, retryAfter = 0 } = error;
    this.#must(code === 'ERR_JWKS_UNAVAILABLE', `another error: ${error}`);
    this.#must(Number.isInteger(retryAfter) && retryAfter >= 1, `retryAfter is ${retryAfter}`);
    this.#must(failing || this.#refilled() < 1 + EPSILON, 'no verdict without a failure, with budget');
    const age = set ? now() - set.startedAt : Number.POSITIVE_INFINITY;
    const isThere =
      set && (kid === undefined || has(set, kid)) && age < Math.max(MAX_AGE, this.#staleIfError);
    this.#must(!isThere, `no verdict while keys of ${age} ms serve`);
    reached.add(failing ? 'no verdict while it fails' : 'no verdict without budget');
  }

  /** Time in steps while an answer is on its way, and at once otherwise. */
  async pass(milliseconds: number): Promise<void> {
    for (let left = milliseconds; left > 0; ) {
      const step = this.provider.inFlight > 0 ? Math.min(left, 100) : left;
      await pass(step);
      left -= step;
    }
  }
}

type Command = fc.AsyncCommand<object, World>;
const command = (title: string, act: (world: World) => unknown): Command => ({
  check: () => true,
  toString: () => title,
  async run(_, world) {
    await act(world);
    await pass(0);
    if (world.broken.length > 0) throw new Error(world.broken.join('; '));
  },
});

const kids = fc.constantFrom(...KEY_IDS);
const time = fc.oneof(
  fc.constantFrom(
    1,
    99,
    500,
    999,
    SECOND,
    2500,
    5 * SECOND,
    9999,
    COOLDOWN,
    30 * SECOND,
    MAX_AGE,
    180 * SECOND,
  ),
  fc.integer({ min: 1, max: 90 * SECOND }),
);
const token = fc.oneof(
  kids.map((kid) => command(`token by ${kid}`, (world) => world.send(kid, kid))),
  kids.map((kid) => command(`token by ${kid} without key id`, (world) => world.send(kid, undefined))),
  fc
    .constantFrom('x', 'y', 'z')
    .map((kid) => command(`token by ${kid}, unknown`, (world) => world.send(kid, kid))),
  fc.constant(
    command('tokens by four made-up keys, 1 ms apart', async (world) => {
      for (let count = 0; count < 4; count += 1, await world.pass(1)) world.send('?', `made up at ${now()}`);
    }),
  ),
);
const commands = [
  token,
  token,
  fc
    .subarray(KEY_IDS, { minLength: 1 })
    .map((ids) => command(`publish ${ids}`, ({ provider }) => provider.publish(...ids.map(keyOf)))),
  fc
    .constantFrom(...Object.entries(FAULTS))
    .map(([title, fault]) =>
      command(`the endpoint ${title}`, ({ provider }) => Object.assign(provider, { fault })),
    ),
  fc.constant(
    command('the endpoint recovers', ({ provider }) => Object.assign(provider, { fault: undefined })),
  ),
  fc
    .constantFrom(0, 0, 100, 2500, 6000)
    .map((latency) =>
      command(`answers take ${latency} ms`, ({ provider }) => Object.assign(provider, { latency })),
    ),
  time.map((ms) => command(`${ms} ms pass`, (world) => world.pass(ms))),
  time.map((ms) => command(`${ms} ms pass`, (world) => world.pass(ms))),
  fc
    .constantFrom(-24 * HOUR, HOUR)
    .map((by) => command(`the system clock is set by ${by} ms`, () => vi.setSystemTime(Date.now() + by))),
];

it(
  `Whatever happens in whatever order, no good token is called bad, no old key serves and the endpoint is left alone (FC_SEED=${SEED})`,
  async () => {
    stopClocks();
    const property = fc.asyncProperty(
      fc.constantFrom(0, 0.5, ALMOST_ONE),
      fc.constantFrom(0, 30 * SECOND, 180 * SECOND),
      fc.commands(commands, { maxCommands: 45, size: '+1' }),
      async (random, staleIfError, run) => {
        pinRandom(random);
        const world = new World(random, staleIfError);
        world.provider.publish(keyOf('a'));
        await fc.asyncModelRun(() => ({ model: {}, real: world }), run);
        await world.pass(3 * TIMEOUT);
        expect([world.waiting, world.broken]).toEqual([0, []]);
      },
    );
    await fc.assert(property, { seed: SEED, numRuns: RUNS });

    expect([...reached].sort()).toEqual([
      'a look-up',
      'absent',
      'no verdict while it fails',
      'no verdict without budget',
      'remembered as absent',
      'signature',
      'valid',
      'valid by stale keys',
    ]);
  },
  30_000 + RUNS * 30,
);
