import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { afterEach, expect, it, vi } from 'vitest';
import type { Fetch } from '../../../../src/config/options.js';
import {
  FetchError,
  fetchJson,
  type JsonRequest,
  MAX_BODY_BYTES,
} from '../../../../src/keys/remote/fetch-json.js';
import { flush, now, pass, SECOND, stopClocks, watchRejections } from '../../../support/jwks-simulation.js';

const HIDDEN = 'hush-hush';
const TIMED_OUT = 'the endpoint did not answer within 5 s';
const accept = 'application/json';

const request = (change: Partial<JsonRequest>): JsonRequest => ({
  url: new URL(`https://idp.example/jwks?code=${HIDDEN}`),
  accept,
  timeoutMs: 5 * SECOND,
  headers: undefined,
  fetch: undefined,
  connection: 'first',
  ...change,
});

/** What comes of a request that is answered so: the JSON, or the error. */
const answered = (fetch: () => unknown, change: Partial<JsonRequest> = {}): Promise<unknown> =>
  fetchJson(request({ fetch: (async () => fetch()) as unknown as Fetch, ...change })).catch((error) => error);

const streamOf = (...chunks: readonly unknown[]): ReadableStream =>
  new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
const thrower = (value: unknown) => (): never => {
  throw value;
};
const coded = (code: unknown, cause?: unknown): Error =>
  Object.assign(new Error(HIDDEN, { cause }), { code });
const failingBody = (): ReadableStream => new ReadableStream({ pull: (c) => c.error(coded('EBODY')) });
const responseWith = (change: object): Response =>
  Object.defineProperties(
    new Response('[]'),
    Object.fromEntries(Object.entries(change).map(([name, value]) => [name, { value }])),
  );

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const umlauts = new TextEncoder().encode('["Schlüssel-🔑"]');

it.each<[title: string, body: BodyInit]>([
  ['as text', '["Schlüssel-🔑"]'],
  ['that comes a byte at a time', streamOf(...Array.from(umlauts, (byte) => Uint8Array.of(byte)))],
  ['of exactly 1 MiB', `${' '.repeat(MAX_BODY_BYTES - umlauts.length)}["Schlüssel-🔑"]`],
  ['after a byte-order mark', '\u{feff}["Schlüssel-🔑"]'],
])('An answer is read %s', async (_, body) => {
  expect(await answered(() => new Response(body))).toEqual(['Schlüssel-🔑']);
});

// biome-ignore format: one answer a line
it.each<[title: string, answer: () => unknown, why: string]>([
  ...[201, 206, 301, 302, 307, 308, 400, 401, 403, 404, 410, 418, 429, 500, 502, 503, 504].map(
    (status) => [`of ${status}`, () => new Response('[]', { status }), `the endpoint answered ${status}, not 200`] as [string, () => unknown, string],
  ),
  ['of 204', () => new Response(null, { status: 204 }), 'the endpoint answered 204, not 200'],
  ['of 304', () => new Response(null, { status: 304 }), 'the endpoint answered 304, not 200'],
  ['that was redirected', () => responseWith({ redirected: true }), 'the endpoint answered with a redirect, not 200'],
  ['whose redirect is hidden, as in browsers', () => responseWith({ status: 0, type: 'opaqueredirect' }), 'the endpoint answered with a redirect, not 200'],
  ['of one byte more than 1 MiB', () => new Response(new Uint8Array(MAX_BODY_BYTES + 1)), 'the endpoint answered with more than 1 MiB'],
  ['of 1 MiB and one more byte', () => new Response(streamOf(new Uint8Array(MAX_BODY_BYTES), Uint8Array.of(1))), 'the endpoint answered with more than 1 MiB'],
  ['that is a page', () => new Response('<!doctype html>'), 'the endpoint did not answer with JSON'],
  ['that is empty', () => new Response(''), 'the endpoint did not answer with JSON'],
  ['without a body', () => new Response(null), 'the endpoint did not answer with JSON'],
  ['cut in half', () => new Response('{"keys":['), 'the endpoint did not answer with JSON'],
  ['that is not UTF-8', () => new Response(Uint8Array.of(0x22, 0xff, 0x22)), 'the request failed (ERR_ENCODING_INVALID_ENCODED_DATA)'],
  ['that ends within a character', () => new Response(Uint8Array.of(0x22, 0x22, 0xc3)), 'the request failed (ERR_ENCODING_INVALID_ENCODED_DATA)'],
  ['whose body fails', () => new Response(failingBody()), 'the request failed (EBODY)'],
  ['whose body is text instead of bytes', () => new Response(streamOf('[]')), 'the request failed (ERR_INVALID_ARG_TYPE)'],
  ['whose body is a stream of Node', () => ({ status: 200, body: { pipe: () => {} } }), '"fetch" answered with a body that is not a web stream'],
  ['that is nothing', () => undefined, '"fetch" did not answer with a Response'],
  ['that is null', () => null, '"fetch" did not answer with a Response'],
  ['that is text', () => '[]', '"fetch" did not answer with a Response'],
  ['that is an error', thrower(new Error(HIDDEN)), 'the request failed'],
  ['that is an error with a code', thrower(coded('ECONNREFUSED')), 'the request failed (ECONNREFUSED)'],
  ['that is an error with a code of 40 characters', thrower(coded('E'.repeat(40))), `the request failed (${'E'.repeat(40)})`],
  ['that is an error with a code of 41 characters', thrower(coded('E'.repeat(41))), 'the request failed'],
  ['that is an error with a sentence for a code', thrower(coded(`at ${HIDDEN}`)), 'the request failed'],
  ['that is an error with a number for a code', thrower(coded(23)), 'the request failed'],
  ['that is an error with an empty code', thrower(coded('')), 'the request failed'],
  ['that is an error with a code on its cause', thrower(coded('OUTER', coded('ENOTFOUND'))), 'the request failed (ENOTFOUND)'],
  ['that is an error with a code beside its cause', thrower(coded('EPROXY', new Error(HIDDEN))), 'the request failed (EPROXY)'],
  ['that is a port which Fetch blocks', thrower(new TypeError('fetch failed', { cause: new Error('bad port') })), 'the request failed (fetch blocks its port)'],
  ['that is null, thrown', thrower(null), 'the request failed'],
  ['that is text, thrown', thrower(HIDDEN), 'the request failed'],
  ['that is a symbol, thrown', thrower(Symbol(HIDDEN)), 'the request failed'],
  ['that is an error whose cause throws', thrower(Object.defineProperty({}, 'cause', { get: thrower(new Error(HIDDEN)) })), 'the request failed'],
  ['that is a proxy which throws whatever is asked', thrower(new Proxy({}, { get: thrower(HIDDEN), getPrototypeOf: thrower(null) })), 'the request failed'],
])('An answer %s is an error that is safe to log', async (_, answer, why) => {
  const error = await answered(answer);

  expect(error).toBeInstanceOf(FetchError);
  expect(error).toMatchObject({ message: why, retryAfterMs: 0 });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(HIDDEN);
});

it.each<[title: string, value: string, expected: number]>([
  ['seconds', '7', 7000],
  ['no time', '0', 0],
  ['a date', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['a date that is over', 'Wed, 31 Dec 2025 23:59:59 GMT', 0],
  ['something else', 'soon', 0],
  ['nothing', '', 0],
])('An answer may ask to be left alone for a while: %s', async (_, value, expected) => {
  stopClocks();
  const response = () => new Response('', { status: 429, headers: { 'retry-after': value } });

  expect(await answered(response)).toMatchObject({ retryAfterMs: expected });
});

it.each<[title: string, response: () => Response]>([
  ['JSON', () => new Response('[]')],
  ['an error', () => new Response('[]', { status: 500 })],
  ['a body that fails', () => new Response(failingBody())],
  ['no body', () => new Response(null)],
])('An answer of %s leaves no listener on the signal, and no timer', async (_, response) => {
  stopClocks();
  const signals: (AbortSignal | null | undefined)[] = [];
  const fetch: Fetch = async (_, init) => {
    signals.push(init?.signal);
    return response();
  };
  await fetchJson(request({ fetch })).catch(() => {});

  expect(vi.getTimerCount()).toBe(0);
  expect(signals.map((signal) => signal && [signal.aborted, getEventListeners(signal, 'abort')])).toEqual([
    [true, []],
  ]);
});

it('An answer whose body cannot be cancelled leaves no rejection behind', async () => {
  const noRejections = watchRejections();
  const stubborn = new ReadableStream({ cancel: () => Promise.reject(new Error('no')) });

  const error = await answered(() => new Response(stubborn, { status: 500 }));
  expect(error).toMatchObject({ message: 'the endpoint answered 500, not 200' });
  await noRejections();
});

it.each<[title: string, headers: Record<string, string>, expected: Record<string, string>]>([
  ['nothing else', {}, { accept }],
  ['credentials', { authorization: 'Bearer b' }, { accept, authorization: 'Bearer b' }],
  ['another "accept"', { Accept: 'text/plain' }, { accept: 'text/plain' }],
])('A request has the configured headers, in an object of its own: %s', async (_, headers, expected) => {
  const configured = new Headers(headers);
  const fetch = vi.fn<Fetch>(async (_, init) => {
    if (init?.headers instanceof Headers) init.headers.append('x-hop', 'proxy');
    return new Response('[]');
  });
  const asked = request({ headers: configured, fetch });
  for (const times of [1, 2]) {
    await fetchJson(asked);
    expect(fetch).toHaveBeenCalledTimes(times);
    const [url, init] = fetch.mock.lastCall ?? [];
    expect([url, init?.redirect]).toEqual([asked.url.href, 'manual']);
    expect(Object.fromEntries(new Headers(init?.headers))).toEqual({ ...expected, 'x-hop': 'proxy' });
  }
  expect(Object.fromEntries(configured)).toEqual(Object.fromEntries(new Headers(headers)));
});

it('A request goes through the global fetch as it is at the time of the call', async () => {
  vi.stubGlobal('fetch', async () => new Response('["replaced"]'));

  expect(await fetchJson(request({}))).toEqual(['replaced']);
});

// biome-ignore format: one case a line
it.each<[connection: JsonRequest['connection'], code: string, sent: (string | null)[]]>([
  ['first', 'ECONNRESET', [null]],
  ['new', 'ECONNRESET', ['close']],
  ['idle', 'ECONNRESET', [null, 'close']],
  ['idle', 'UND_ERR_SOCKET', [null, 'close']],
  ['idle', 'EPIPE', [null, 'close']],
  ['idle', 'ConnectionClosed', [null, 'close']],
  ['idle', 'ECONNREFUSED', [null]],
  ['idle', 'UND_ERR_SOCKET_OTHER', [null]],
])('A request on a connection that is %s and fails with %s is made with "connection": %j', async (connection, code, sent) => {
  const seen: (string | null)[] = [];
  const fetch: Fetch = async (_, init) => {
    seen.push(new Headers(init?.headers).get('connection'));
    throw coded(code);
  };
  const error = await fetchJson(request({ connection, fetch })).catch((error) => error);

  expect(error).toMatchObject({ message: `the request failed (${code})` });
  expect(seen).toEqual(sent);
});

it('A request whose idle connection was cut succeeds by the second attempt', async () => {
  const answers = [thrower(coded('ECONNRESET')), () => new Response('["second"]')];

  expect(await answered(() => answers.shift()?.(), { connection: 'idle' })).toEqual(['second']);
});

it.each([
  [1, '0.001'],
  [555, '0.555'],
  [5000, '5'],
  [2 ** 31 - 1, '2147483.647'],
])(
  'The timeout of %d ms ends a request whose fetch ignores the signal, and the message says %s s',
  async (timeoutMs, said) => {
    stopClocks();
    let ended: unknown;
    void answered(() => new Promise(() => {}), { timeoutMs }).then((error) => {
      ended = error;
    });
    await pass(timeoutMs - 1);
    expect(ended).toBeUndefined();
    await pass(1);
    expect(ended).toMatchObject({ message: `the endpoint did not answer within ${said} s` });
  },
);

it('The timeout of a century is not taken for none', async () => {
  stopClocks();
  const asked = answered(
    () => new Promise((resolve) => setTimeout(() => resolve(new Response('[1]')), 1000)),
    {
      timeoutMs: 100 * 365 * 86_400 * SECOND,
    },
  );
  await pass(1000);

  expect(await asked).toEqual([1]);
});

it('The timeout counts the body in, and cancels it', async () => {
  stopClocks();
  const cancel = vi.fn();
  const asked = answered(() => new Response(new ReadableStream({ cancel })));
  await pass(5 * SECOND);

  expect(await asked).toMatchObject({ message: TIMED_OUT });
  expect(cancel).toHaveBeenCalledOnce();
});

it('The timeout counts the second attempt in, and allows none when the time is up', async () => {
  stopClocks();
  const fetch = vi.fn(
    () => new Promise<never>((_, reject) => setTimeout(() => reject(coded('ECONNRESET')), 3 * SECOND)),
  );
  const asked = answered(fetch, { connection: 'idle' });
  await pass(5 * SECOND, SECOND);
  expect(await asked).toMatchObject({ message: TIMED_OUT });
  await pass(10 * SECOND, SECOND);
  expect(fetch).toHaveBeenCalledTimes(2);

  const slow = answered(fetch, { connection: 'idle', timeoutMs: SECOND });
  await pass(10 * SECOND, SECOND);
  expect(await slow).toMatchObject({ message: 'the endpoint did not answer within 1 s' });
  expect(fetch).toHaveBeenCalledTimes(3);
});

it('The timeout leaves an answer that comes too late unread', async () => {
  stopClocks();
  const pull = vi.fn();
  const cancel = vi.fn();
  const body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  const asked = answered(
    () => new Promise((resolve) => setTimeout(() => resolve(new Response(body)), 6 * SECOND)),
  );
  await pass(10 * SECOND, SECOND);

  expect(await asked).toMatchObject({ message: TIMED_OUT });
  expect([pull.mock.calls.length, cancel.mock.calls.length]).toEqual([0, 1]);
});

it.each<[title: string, late: number, expected: unknown]>([
  ['a second late is the endpoint', 1000, { message: TIMED_OUT }],
  ['more than a second late is a process that was suspended', 1001, ['arrived']],
])('The timeout that fires %s', async (_, late, expected) => {
  stopClocks();
  let arrive = (_: Response): void => {};
  const asked = answered(
    () =>
      new Promise((resolve) => {
        arrive = resolve;
      }),
  );
  await flush();
  // Timers do not run while the clock goes on.
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now() + 5 * SECOND + late);
  vi.advanceTimersByTime(5 * SECOND);
  clock.mockRestore();
  arrive(new Response('["arrived"]'));

  expect(await asked).toEqual(Array.isArray(expected) ? expected : expect.objectContaining(expected));
});

it('The timeout ends the request a second after the process was suspended if nothing has arrived', async () => {
  stopClocks();
  const asked = answered(() => new Promise(() => {}));
  await flush();
  const clock = vi.spyOn(performance, 'now').mockReturnValue(now() + 20 * SECOND);
  vi.advanceTimersByTime(5 * SECOND);
  clock.mockRestore();
  await pass(999);
  expect(vi.getTimerCount()).toBe(1);
  await pass(1);

  expect(await asked).toMatchObject({ message: TIMED_OUT });
});
