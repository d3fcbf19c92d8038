import { createHash } from 'node:crypto';
import { beforeEach, expect, it, vi } from 'vitest';
import { parseConfig } from '../../../../src/config/parse.js';
import type { RemoteConfig } from '../../../../src/config/remote.js';
import { MAX_BODY_BYTES } from '../../../../src/keys/remote/fetch-json.js';
import { KeySet } from '../../../../src/keys/remote/key-set.js';
import { SharedKeys } from '../../../../src/keys/remote/shared-keys.js';
import { monotonicNow } from '../../../../src/shared/clock.js';
import { defaultEngine } from '../../../../src/signature/node.js';
import { MINUTE, now, pass, pinRandom, SECOND, simulateEachTest } from '../../../support/jwks-simulation.js';
import { createSigner } from '../../../support/mint.js';
import { titled } from '../../../support/titled.js';

const URL_OF_KEYS = 'https://idp.example/jwks?code=hush-hush';
const ISSUER = 'https://idp.example/';
const stored = createSigner('stored').jwk;
const fetched = createSigner('fetched').jwk;

/** The names in the store: a prefix, and a hash for this endpoint. */
const KEYS = 'intentkit-auth:jwks:';
const TURN = 'intentkit-auth:jwks-turn:';
const hash = (...lines: string[]): string => createHash('sha256').update(lines.join('\n')).digest('hex');
const keysName = KEYS + hash(`url ${URL_OF_KEYS}`);
const turnName = TURN + hash(`url ${URL_OF_KEYS}`);

simulateEachTest();
// With this value, a process waits 10 ms before its turn, and 30 ms between two reads.
beforeEach(() => pinRandom(0.1));

/** @param began when it was fetched, by the clock of the test. */
const setOf = (began: number): KeySet => {
  const fetchBegan = monotonicNow() - now() + began;
  const url = new URL('https://idp.example/discovered');
  return new KeySet(
    [fetched],
    { url, fetchBegan, order: 1, askedAt: fetchBegan, madeAt: fetchBegan },
    defaultEngine,
  );
};

/** When a set was fetched, by the clock of the test. */
const beganOf = (set: KeySet | undefined): number | undefined =>
  set && set.origin.fetchBegan - monotonicNow() + now();

/** Keys shared through a Map, to which a test can write as another process would. It logs every access with its time. */
function share(change: Partial<RemoteConfig> = {}, onSet: (map: Map<string, unknown>) => void = () => {}) {
  const map = new Map<string, unknown>();
  const log: string[] = [];
  const kind = (name: string): string => (name.startsWith(TURN) ? 'turn' : 'keys');
  const store = {
    get(name: string) {
      log.push(`${now()} get ${kind(name)}`);
      return map.get(name);
    },
    set(name: string, value: string, ttl: number) {
      log.push(`${now()} set ${kind(name)} for ${ttl}`);
      map.set(name, value);
      onSet(map);
    },
  };
  const [remote] = parseConfig({ jwksUrl: URL_OF_KEYS }).remotes;
  if (!remote) throw new Error('no JWKS');
  const shared = new SharedKeys({ ...remote, ...change }, store, defaultEngine, () => {});
  /** Starts loading. The returned function gives the keys, once loaded. A fetch takes 100 ms. */
  const load = (known?: KeySet) => {
    const loaded = vi.fn<(set: KeySet) => void>();
    const fetch = async (): Promise<KeySet> => {
      const began = now();
      log.push(`${began} fetch`);
      await new Promise<void>((resolve) => setTimeout(resolve, 100));
      return setOf(began);
    };
    void shared.load(known, fetch).then(loaded);
    return () => loaded.mock.calls[0]?.[0];
  };
  return { map, log, load };
}

/** The stored text of keys that were fetched `age` milliseconds ago. */
const jwks = (age = 0, keys: unknown = [null, [stored]]): string =>
  `jwks ${Date.now() - age} ${JSON.stringify(keys)}`;

// biome-ignore format: one case per line
it.each(titled<{ what: string; text: () => unknown; known?: number; began?: number }>([
  { what: 'just fetched', text: () => jwks(), began: 0 },
  { what: 'just younger than "cacheMaxAge"', text: () => jwks(10 * MINUTE - 1), began: 1 - 10 * MINUTE },
  { what: 'from a clock that is almost a minute ahead', text: () => jwks(1 - MINUTE), began: 0 },
  { what: 'a second newer than the known keys', text: () => jwks(5000), known: -6000, began: -5000 },
  { what: 'of exactly 1 MiB', text: () => jwks().padEnd(MAX_BODY_BYTES), began: 0 },
  { what: 'as old as "cacheMaxAge"', text: () => jwks(10 * MINUTE) },
  { what: 'from a clock that is still a minute ahead at the second read', text: () => jwks(-MINUTE - 10) },
  { what: 'less than a second newer than the known keys', text: () => jwks(5000), known: -5999 },
  { what: 'of more than 1 MiB', text: () => jwks().padEnd(MAX_BODY_BYTES + 1) },
  { what: 'in a list', text: () => [jwks()] },
  { what: 'after other text', text: () => `x${jwks()}` },
  { what: 'with the word of a turn', text: () => jwks().replace('jwks', 'turn') },
  { what: 'absent', text: () => undefined },
]))('A process uses stored keys immediately, or takes a turn to fetch if they are not usable: keys %s', async (_, { text, known, began }) => {
  const { map, log, load } = share();
  map.set(keysName, text());
  const loaded = load(known === undefined ? undefined : setOf(known));
  await pass(0);
  expect(log).toEqual(['0 get keys']);
  expect([loaded()?.keyIds, beganOf(loaded())]).toEqual(began === undefined ? [undefined, undefined] : [['stored'], began]);

  await pass(110, 5);
  const turn = ['10 get keys', '10 get turn', '10 set turn for 2000', '10 get turn', '10 fetch', '110 set keys for 599900'];
  expect(log.slice(1)).toEqual(began === undefined ? turn : []);
  expect(loaded()?.keyIds).toEqual([began === undefined ? 'fetched' : 'stored']);
});

// biome-ignore format: one case per line
it.each(titled<{ what: string; turn: () => unknown; timeoutMs: number; fetch: number }>([
  { what: 'that began two seconds ago', turn: () => `turn ${Date.now() - 1990} x`, timeoutMs: 1000, fetch: 10 },
  { what: 'from a clock that is two seconds ahead', turn: () => `turn ${Date.now() + 2010} x`, timeoutMs: 1000, fetch: 10 },
  { what: 'with another word', turn: () => `jwks ${Date.now()} x`, timeoutMs: 1000, fetch: 10 },
  { what: 'that ends during the wait', turn: () => `turn ${Date.now() - 1930} x`, timeoutMs: 1000, fetch: 70 },
  { what: 'that lasts longer than the timeout of a request', turn: () => `turn ${Date.now()} x`, timeoutMs: 60, fetch: 70 },
  { what: 'that lasts longer than two seconds', turn: () => `turn ${Date.now() + SECOND} x`, timeoutMs: 5000, fetch: 2020 },
]))('A process waits for the turn of another process, but not forever: a turn %s', async (_, { turn, timeoutMs, fetch }) => {
  const { map, log, load } = share({ timeoutMs });
  map.set(turnName, turn());
  load();
  await pass(2200, 5);
  expect(log.find((line) => line.endsWith('fetch'))).toBe(`${fetch} fetch`);
});

it('A process that waits reads the store repeatedly, and stops reading when its time is over', async () => {
  const { map, log, load } = share({ timeoutMs: 60 });
  map.set(turnName, `turn ${Date.now()} x`);
  load();
  await pass(70, 5);
  const looks = ['0 get keys', '10 get keys', '10 get turn', '40 get keys', '40 get turn'];
  expect(log).toEqual([...looks, '70 fetch']);
});

it('If two processes take a turn together, the last one has it, and the other waits for its keys', async () => {
  const { map, log, load } = share({}, () => map.set(turnName, `turn ${Date.now()} another`));
  const loaded = load();
  await pass(10);
  map.set(keysName, jwks());
  await pass(30);
  expect([loaded()?.keyIds, log.includes('10 fetch')]).toEqual([['stored'], false]);
});

it.each([
  'http://idp.example/keys',
  'http://169.254.169.254/keys',
  'https://127.0.0.1/keys',
  'https://user:hush-hush@idp.example/keys',
  'file:///keys',
  'keys',
  null,
])(
  'Stored keys are ignored if they say that they come from %s, which discovery would refuse',
  async (url) => {
    const { map, log, load } = share({ url: undefined, issuer: ISSUER });
    map.set(KEYS + hash(`issuer ${ISSUER}`), jwks(0, [url, [stored]]));
    const loaded = load();
    await pass(200, 5);
    expect([loaded()?.keyIds, log.includes('10 fetch')]).toEqual([['fetched'], true]);
  },
);

it.each<[title: string, onSet: (map: Map<string, unknown>) => void]>([
  ['nothing', (map) => map.clear()],
  ['something else', (map) => map.set(turnName, 'OK')],
])('If the store keeps %s, a process fetches without waiting for a turn', async (_, onSet) => {
  const { log, load } = share({}, onSet);
  load();
  await pass(10);
  expect(log.at(-1)).toBe('10 fetch');
});

// biome-ignore format: one case per line
it.each<[title: string, change: Partial<RemoteConfig>, lines: string[], url: string | null]>([
  ['a URL', {}, [`url ${URL_OF_KEYS}`], null],
  ['headers', { headers: new Headers({ b: '2', a: '1' }) }, [`url ${URL_OF_KEYS}`, 'a: 1', 'b: 2'], null],
  ['an issuer', { url: undefined, issuer: ISSUER }, [`issuer ${ISSUER}`], 'https://idp.example/discovered'],
])('Fetched keys are stored with their time, under a hash of everything that identifies the request: %s', async (_, change, lines, url) => {
  const began = Date.now() + 10;
  const { map, load } = share(change);
  load();
  await pass(110, 5);
  expect([...map]).toEqual([
    [TURN + hash(...lines), expect.stringMatching(`^turn ${began} [0-9a-f-]{36}$`)],
    [KEYS + hash(...lines), `jwks ${began} ${JSON.stringify([url, setOf(0).keys])}`],
  ]);

  const reader = share(change);
  for (const [name, text] of map) reader.map.set(name, text);
  const loaded = reader.load();
  await pass(0);
  expect([loaded()?.keyIds, loaded()?.origin.url.href]).toEqual([['fetched'], url ?? URL_OF_KEYS]);
});
