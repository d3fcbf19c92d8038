/**
 * Runs tokens, rotations, failures and time in random order, and checks rules that must hold after every step. No signature
 * is verified, so tens of thousands of steps take only seconds. `FC_SEED` repeats a run; `MODEL_RUNS` sets their number.
 */
import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { afterAll, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../src/config/parse.js';
import { RemoteSource } from '../../../../src/keys/remote/remote-source.js';
import type { Key } from '../../../../src/signature/engine.js';
import { defaultEngine } from '../../../../src/signature/node.js';
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
import { generateKeys } from '../../../support/mint.js';

// Test files share their modules. So this file loads them anew, and unloads those that use the mock.
vi.hoisted(() => vi.resetModules());
vi.mock('../../../../src/signature/load-jose.js', () => ({
  loadKeyImport: async () => ({ importJWK: async (jwk: unknown) => jwk }),
}));
afterAll(() => {
  vi.doUnmock('../../../../src/signature/load-jose.js');
  vi.resetModules();
});

const SEED = Number(process.env.FC_SEED ?? randomInt(2 ** 31 - 1));
const RUNS = Number(process.env.MODEL_RUNS ?? 2000);
const TIMEOUT = 5 * SECOND;
const COOLDOWN = 10 * SECOND;
const MAX_AGE = 60 * SECOND;
/** Allows for rounding errors in sums of fractional milliseconds. */
const EPSILON = 1e-3;
const ASKS_FOR_A_MINUTE = 'answers 429 with a "Retry-After" of a minute';
const KEY_IDS = ['a', 'b', 'c', 'd'];

/** All keys are one point. Their ids tell them apart. */
const { jwk } = generateKeys('ES256');
const keyOf = (kid: string): Published => ({ kid, jwk: { ...jwk, kid } });

interface Token {
  readonly signer: string;
  readonly kid: string | undefined;
  readonly arrived: number;
  /** Whether the endpoint was failing when the token arrived. */
  readonly duringOutage: boolean;
}
/** A fetch as the client sees it. A request and its retry after a cut connection are one fetch. */
interface Fetch extends SeenRequest {
  readonly startedAt: number;
}
const isGood = (fetch: SeenRequest | undefined): boolean => Array.isArray(fetch?.keyIds);
const has = (fetch: SeenRequest | undefined, kid: string): boolean =>
  isGood(fetch) && fetch?.keyIds?.includes(kid) === true;

/** The outcomes that occurred in all runs. The test requires every kind. */
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
    const {
      remotes: [remote],
    } = parseConfig({ jwksUrl: 'https://idp.example/', jwks });
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

  /** What the client knows now: its key set, whether the endpoint fails, and since when. */
  #state(): { set: Fetch | undefined; failing: boolean; since: number } {
    const ended = this.#fetches.filter((fetch) => fetch.ended !== undefined);
    const last = ended.findLastIndex(isGood);
    const failure = ended[last + 1];
    return { set: ended[last], failing: failure !== undefined, since: failure?.ended ?? 0 };
  }

  #refilled(): number {
    return Math.min(2, this.#budget.left + (now() - this.#budget.at) / COOLDOWN);
  }

  /** Called when a request begins. */
  #checkPace(): void {
    const request = this.provider.requests.at(-1) as SeenRequest;
    const { set, failing } = this.#state();
    const last = this.#fetches.at(-1);
    const isRepeated = last?.ended === now() && last.connection === null && request.connection === 'close';
    // The same object, because its end is recorded later.
    if (isRepeated) this.#fetches.pop();
    this.#fetches.push(Object.assign(request, { startedAt: isRepeated ? last.startedAt : now() }));
    if (isRepeated || !last) return;
    if (last.ended === undefined) this.#must(false, 'two concurrent fetches');
    else if (failing) {
      const count = this.#fetches.length - 2 - this.#fetches.findLastIndex(isGood);
      const serves = set !== undefined && now() < set.startedAt + Math.max(MAX_AGE, this.#staleIfError);
      const delay = serves
        ? Math.min(SECOND * 2 ** (count - 1), 30 * SECOND) * (1 - this.#random / 2)
        : SECOND;
      const isAsked = last.fault === FAULTS[ASKS_FOR_A_MINUTE] && last.ended - last.startedAt < TIMEOUT;
      const waited = now() - last.ended;
      const isDue = waited > Math.max(delay, isAsked ? 60 * SECOND : 0) - EPSILON;
      this.#must(isDue, `a retry ${waited} ms after failure ${count}`);
      this.#must(request.connection === 'close', 'a retry on the old connection');
    } else if (set && now() < set.startedAt + MAX_AGE * (0.7 + 0.2 * this.#random) - EPSILON) {
      const left = this.#refilled();
      this.#must(left > 1 - EPSILON, `a look-up with a budget of ${left}`);
      this.#budget = { left: left - 1, at: now() };
      reached.add('a look-up');
    }
  }

  #checkVerdict(token: Token, keys: readonly unknown[]): void {
    if (keys.length === 0) this.#checkAbsent(token);
    else this.#checkKeys(token, keys);
  }

  #checkAbsent({ kid = '', arrived }: Token): void {
    const { failing, since } = this.#state();
    const proofs = this.#fetches.filter(
      (fetch) => isGood(fetch) && fetch.ended !== undefined && !has(fetch, kid),
    );
    const isLookedUp = proofs.some(({ startedAt }) => startedAt >= arrived);
    const isInTime = proofs.some(({ startedAt }) => startedAt > arrived - COOLDOWN);
    const isRemembered = this.#absent.has(kid) && isInTime && !(failing && since < now());
    this.#must(kid !== '', 'no key was found without a key id');
    this.#must(isLookedUp || isRemembered, `${kid} was refused without a fetch that lacks it`);
    this.#absent.add(kid);
    reached.add(isLookedUp ? 'absent' : 'remembered as absent');
  }

  #checkKeys({ signer, kid, arrived, duringOutage }: Token, keys: readonly unknown[]): void {
    const isOutage = duringOutage || this.#state().failing;
    const isValid = keys.some((key) => (key as { kid?: string }).kid === signer);
    const isFresh = ({ startedAt }: Fetch) => arrived - startedAt < MAX_AGE;
    const isStale = ({ startedAt }: Fetch) => isOutage && now() - startedAt < this.#staleIfError;
    // Every set that was in use since the token arrived.
    const successes = this.#fetches.filter(isGood);
    const sets = successes.filter((_, index) => (successes[index + 1]?.ended ?? now()) >= arrived);
    const fitting = sets.filter((set) => has(set, signer) === isValid);
    this.#must(isValid || kid === undefined, `another key for ${kid}`);
    this.#must(fitting.length > 0, `keys for ${kid} that were not in the set in use`);
    this.#must(
      fitting.some((set) => isFresh(set) || isStale(set)),
      'keys that are too old were used',
    );
    reached.add(isValid ? (fitting.some(isFresh) ? 'valid' : 'valid with stale keys') : 'signature');
  }

  #checkNoVerdict({ kid }: Token, error: { code?: string; retryAfter?: number }): void {
    const { set, failing } = this.#state();
    const { code, retryAfter = 0 } = error;
    this.#must(code === 'ERR_JWKS_UNAVAILABLE', `another error: ${error}`);
    this.#must(Number.isInteger(retryAfter) && retryAfter >= 1, `retryAfter is ${retryAfter}`);
    this.#must(failing || this.#refilled() < 1 + EPSILON, 'no verdict, without a failure and with budget');
    const age = set ? now() - set.startedAt : Number.POSITIVE_INFINITY;
    const isThere =
      set && (kid === undefined || has(set, kid)) && age < Math.max(MAX_AGE, this.#staleIfError);
    this.#must(!isThere, `no verdict, although keys of ${age} ms can be used`);
    reached.add(failing ? 'no verdict while it fails' : 'no verdict without budget');
  }

  /** Advances the clock: in steps while an answer is pending, otherwise in one go. */
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

const pick = <T>(...values: readonly T[]) => fc.constantFrom(...values);
const set =
  (change: Partial<MemoryProvider>) =>
  ({ provider }: World) =>
    Object.assign(provider, change);

// biome-ignore format: one command per line
const commands = [
  pick(...KEY_IDS, 'x', 'y').map((kid) => command(`token signed by ${kid}`, (world) => world.send(kid, kid))),
  pick(...KEY_IDS, 'x').map((kid) => command(`token signed by ${kid}, without key id`, (world) => world.send(kid, undefined))),
  fc.constant(command('four tokens with made-up key ids', async (world) => {
    for (let count = 0; count < 4; count += 1, await world.pass(1)) world.send('?', `made up at ${now()}`);
  })),
  fc.subarray(KEY_IDS, { minLength: 1 }).map((ids) => command(`publish ${ids}`, ({ provider }) => provider.publish(...ids.map(keyOf)))),
  pick(...Object.entries(FAULTS)).map(([title, fault]) => command(`the endpoint ${title}`, set({ fault }))),
  fc.constant(command('the endpoint recovers', (world) => set({ fault: undefined })(world))),
  // Half the timeout is left out, because the second attempt would then end in the same millisecond as the timeout.
  pick(0, 0, 100, 2400, 6000).map((latency) => command(`answers take ${latency} ms`, set({ latency }))),
  pick(1, 99, 500, 999, SECOND, 2500, 5 * SECOND, 9999, COOLDOWN).map((ms) => command(`${ms} ms pass`, (world) => world.pass(ms))),
  pick(30 * SECOND, MAX_AGE, 180 * SECOND).map((ms) => command(`${ms} ms pass`, (world) => world.pass(ms))),
  fc.integer({ min: 1, max: 90 * SECOND }).map((ms) => command(`${ms} ms pass`, (world) => world.pass(ms))),
  pick(-24 * HOUR, HOUR).map((by) => command(`the system clock is set by ${by} ms`, () => vi.setSystemTime(Date.now() + by))),
];

it(
  `In any order of events, no valid token is refused and no expired key is used (FC_SEED=${SEED})`,
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
      'valid with stale keys',
    ]);
  },
  30_000 + RUNS * 30,
);
