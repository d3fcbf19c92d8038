import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { expect, it, vi } from 'vitest';
import type { Fetch } from '../../../../src/config/options.js';
import { FetchError } from '../../../../src/keys/remote/fetch-error.js';
import { type DocumentRequest, fetchJson, MAX_BODY_BYTES } from '../../../../src/keys/remote/fetch-json.js';
import { pass, SECOND, stopClocks, watchRejections } from '../../../support/jwks-simulation.js';

const HIDDEN = 'hush-hush';
const TIMED_OUT = 'the endpoint did not answer within 5 s';
const accept = 'application/json';

const request = (change: Partial<DocumentRequest>): DocumentRequest => ({
  url: new URL(`https://idp.example/jwks?code=${HIDDEN}`),
  accept,
  timeoutMs: 5 * SECOND,
  headers: undefined,
  fetch: undefined,
  isFailing: false,
  noCache: false,
  onRequest: undefined,
  ...change,
});

/** Makes a request with this `fetch`. Resolves to the JSON or the error. */
const answered = (fetch: () => unknown, change: Partial<DocumentRequest> = {}): Promise<unknown> =>
  fetchJson(request({ fetch: (async () => fetch()) as unknown as Fetch, ...change })).then(
    ({ document }) => document,
    (error: unknown) => error,
  );

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
const stubbornBody = () => new ReadableStream({ cancel: () => Promise.reject(new Error('no')) });
const failingBody = (): ReadableStream => new ReadableStream({ pull: (c) => c.error(coded('EBODY')) });
/** An answer with only the properties that are read. */
const partly = (response: object) => () => ({ body: null, ...response });
/** Delays an action. */
const after = (milliseconds: number, act: () => unknown) => async () => {
  await new Promise<void>((resolve) => setTimeout(resolve, milliseconds));
  return act();
};
const never = () => new Promise(() => {});

const umlauts = new TextEncoder().encode('["Schlüssel-🔑"]');

it.each<[title: string, body: BodyInit]>([
  ['as text', '["Schlüssel-🔑"]'],
  ['that arrives one byte at a time', streamOf(...Array.from(umlauts, (byte) => Uint8Array.of(byte)))],
  ['of exactly 1 MiB', `${' '.repeat(MAX_BODY_BYTES - umlauts.length)}["Schlüssel-🔑"]`],
  ['after a byte-order mark', '\u{feff}["Schlüssel-🔑"]'],
])('An answer is read %s', async (_, body) => {
  expect(await answered(() => new Response(body))).toEqual(['Schlüssel-🔑']);
});

const NOT_UTF8 = 'the request failed (ERR_ENCODING_INVALID_ENCODED_DATA)';
const REDIRECT = 'the endpoint answered with a redirect, not 200';
const TOO_LARGE = 'the endpoint answered with more than 1 MiB';
const NO_JSON = 'the endpoint did not answer with JSON';
const NO_RESPONSE = '"fetch" did not answer with a Response';
const FAILED = 'the request failed';

// biome-ignore format: one answer per line
it.each<[title: string, answer: () => unknown, why: string]>([
  ...[201, 204, 206, 301, 302, 304, 308, 400, 401, 403, 404, 410, 429, 500, 502, 503].map(
    (status): [string, () => unknown, string] => [`of ${status}`, partly({ status }), `the endpoint answered ${status}, not 200`],
  ),
  ['that was redirected', partly({ status: 200, redirected: true }), REDIRECT],
  ['whose redirect is hidden, as in browsers', partly({ status: 0, type: 'opaqueredirect' }), REDIRECT],
  ['of one byte more than 1 MiB', () => new Response(new Uint8Array(MAX_BODY_BYTES + 1)), TOO_LARGE],
  ['of 1 MiB and one more byte', () => new Response(streamOf(new Uint8Array(MAX_BODY_BYTES), Uint8Array.of(1))), TOO_LARGE],
  ['that is an HTML page', () => new Response('<!doctype html>'), NO_JSON],
  ['that is empty', () => new Response(''), NO_JSON],
  ['without a body', () => new Response(null), NO_JSON],
  ['that is not UTF-8', () => new Response(Uint8Array.of(0x22, 0xff, 0x22)), NOT_UTF8],
  ['that ends within a character', () => new Response(Uint8Array.of(0x22, 0x22, 0xc3)), NOT_UTF8],
  ['whose body fails', () => new Response(failingBody()), 'the request failed (EBODY)'],
  ['whose body is text instead of bytes', () => new Response(streamOf('[]')), 'the request failed (ERR_INVALID_ARG_TYPE)'],
  ['whose body is a stream of Node', partly({ status: 200, body: { pipe: () => {} } }), '"fetch" answered with a body that is not a web stream'],
  ['that is nothing', () => undefined, NO_RESPONSE],
  ['that is text', () => '[]', NO_RESPONSE],
  ['that is an error with a code', thrower(coded('ECONNREFUSED')), 'the request failed (ECONNREFUSED)'],
  ['that is an error with a code of 40 characters', thrower(coded('E'.repeat(40))), `the request failed (${'E'.repeat(40)})`],
  ['that is an error with a code on its cause', thrower(coded('OUTER', coded('ENOTFOUND'))), 'the request failed (ENOTFOUND)'],
  ['that is an error with a code beside its cause', thrower(coded('EPROXY', new Error(HIDDEN))), 'the request failed (EPROXY)'],
  ['that is a port which Fetch blocks', thrower(new TypeError('fetch failed', { cause: new Error('bad port') })), 'the request failed (fetch blocks its port)'],
  ...['', 'E'.repeat(41), `at ${HIDDEN}`, 23].map((code): [string, () => unknown, string] => ['that is an error with an odd code', thrower(coded(code)), FAILED]),
  ...[null, HIDDEN, Symbol(HIDDEN)].map((value): [string, () => unknown, string] => ['that is a thrown value other than an error', thrower(value), FAILED]),
  ['that is an error whose cause throws', thrower(Object.defineProperty({}, 'cause', { get: thrower(new Error(HIDDEN)) })), FAILED],
  ['that is a proxy whose every property throws', thrower(new Proxy({}, { get: thrower(HIDDEN), getPrototypeOf: thrower(null) })), FAILED],
])('An answer %s gives an error that is safe to log', async (_, answer, why) => {
  const error = await answered(answer);

  expect(error).toBeInstanceOf(FetchError);
  expect(error).toMatchObject({ message: why, retryAfterMs: 0 });
  expect(inspect(error, { depth: 9, showHidden: true })).not.toContain(HIDDEN);
});

it.each([
  ['seconds', '7', 7000],
  ['zero', '0', 0],
  ['a date', 'Thu, 01 Jan 2026 00:00:30 GMT', 30_000],
  ['a date in the past', 'Wed, 31 Dec 2025 23:59:59 GMT', 0],
  ['more than nine digits', '1000000001', 0],
  ['something else', 'soon', 0],
])('The error of an answer has its "Retry-After" in milliseconds: %s', async (_, value, expected) => {
  stopClocks();
  const response = partly({ status: 429, headers: new Headers({ 'retry-after': value }) });

  expect(await answered(response)).toMatchObject({ retryAfterMs: expected });
});

it.each<[title: string, response: () => Response]>([
  ['JSON', () => new Response('[]')],
  ['an error', () => new Response('[]', { status: 500 })],
  ['a body that fails', () => new Response(failingBody())],
  ['a body that cannot be cancelled', () => new Response(stubbornBody(), { status: 500 })],
])('After an answer of %s, no abort listener, timer or unhandled rejection is left', async (_, response) => {
  stopClocks();
  const noRejections = watchRejections();
  const signals: (AbortSignal | null | undefined)[] = [];
  const fetch: Fetch = async (_, init) => {
    signals.push(init?.signal);
    return response();
  };
  await fetchJson(request({ fetch })).catch(() => {});

  expect(vi.getTimerCount()).toBe(0);
  const left = signals.map((signal) => signal && [signal.aborted, ...getEventListeners(signal, 'abort')]);
  expect(left).toEqual([[true]]);
  await noRejections();
});

it.each<[title: string, headers: Record<string, string>, expected: Record<string, string>]>([
  ['nothing else', {}, { accept }],
  ['credentials', { authorization: 'Bearer b' }, { accept, authorization: 'Bearer b' }],
  ['another "accept"', { Accept: 'text/plain' }, { accept: 'text/plain' }],
])('Each request has its own copy of the configured headers: %s', async (_, headers, expected) => {
  const fetch = vi.fn<Fetch>(async (_, init) => {
    if (init?.headers instanceof Headers) init.headers.append('x-hop', 'proxy');
    return new Response('[]');
  });
  const asked = request({ headers: new Headers(headers), fetch });
  await fetchJson(asked);
  await fetchJson(asked);

  for (const [url, init] of fetch.mock.calls) {
    expect([url, init?.redirect]).toEqual([asked.url.href, 'manual']);
    expect(Object.fromEntries(new Headers(init?.headers))).toEqual({ ...expected, 'x-hop': 'proxy' });
  }
});

it('A request uses the global fetch of the time of the call', async () => {
  vi.stubGlobal('fetch', async () => new Response('["replaced"]'));

  expect(await fetchJson(request({}))).toEqual({ document: ['replaced'], ageMs: 0 });
});

// biome-ignore format: one case per line
it.each<[endpoint: string, isFailing: boolean, code: string, sent: (string | null)[]]>([
  ['works', false, 'ECONNRESET', [null, 'close']],
  ['works', false, 'UND_ERR_SOCKET', [null, 'close']],
  ['works', false, 'EPIPE', [null, 'close']],
  ['works', false, 'ConnectionClosed', [null, 'close']],
  ['works', false, 'ECONNREFUSED', [null]],
  ['works', false, 'UND_ERR_SOCKET_OTHER', [null]],
  ['fails', true, 'ECONNRESET', ['close']],
])('A request to an endpoint that %s (%s), cut with %s, is sent with "connection" %j', async (_, isFailing, code, sent) => {
  const seen: (string | null)[] = [];
  const onRequest = vi.fn();
  const fetch: Fetch = async (_, init) => {
    seen.push(new Headers(init?.headers).get('connection'));
    throw coded(code);
  };

  const message = `the request failed (${code})`;
  await expect(fetchJson(request({ isFailing, fetch, onRequest }))).rejects.toMatchObject({ message, kind: 'network', code });
  expect(seen).toEqual(sent);
  expect(onRequest).toHaveBeenCalledTimes(1);
});

it('A request succeeds with the second attempt if its connection was cut', async () => {
  const answers = [thrower(coded('ECONNRESET')), () => new Response('["second"]')];

  expect(await answered(() => answers.shift()?.())).toEqual(['second']);
});

it.each<[what: string, change: Partial<DocumentRequest>, sent: string | null]>([
  ['is not sent', {}, null],
  ['is "no-cache" for a look-up', { noCache: true }, 'no-cache'],
  [
    'is the configured one',
    { noCache: true, headers: new Headers({ 'cache-control': 'max-age=1' }) },
    'max-age=1',
  ],
])('The "cache-control" of a request %s', async (_, change, sent) => {
  const fetch = vi.fn<Fetch>(async () => new Response('[]'));
  await fetchJson(request({ fetch, ...change }));
  expect(new Headers(fetch.mock.calls[0]?.[1]?.headers).get('cache-control')).toBe(sent);
});

it.each([
  [undefined, 0],
  ['0', 0],
  ['5', 5000],
  ['-5', 0],
  ['5.5', 0],
  ['5, 7', 0],
  ['1234567890', 0],
  ['old', 0],
])('An answer with the "age" %s is %d ms old', async (age, expected) => {
  const fetch: Fetch = async () => new Response('[]', { headers: age === undefined ? {} : { age } });
  expect(await fetchJson(request({ fetch }))).toEqual({ document: [], ageMs: expected });
});

it.each([
  [1, '0.001'],
  [555, '0.555'],
  [2 ** 31 - 1, '2147483.647'],
])(
  'A timeout of %d ms ends a request even if fetch ignores the signal, and the error says %s s',
  async (timeoutMs, said) => {
    stopClocks();
    const ended = vi.fn();
    void answered(never, { timeoutMs }).then(ended);
    await pass(timeoutMs - 1);
    expect(ended).not.toHaveBeenCalled();
    await pass(1);

    const message = `the endpoint did not answer within ${said} s`;
    expect(ended).toHaveBeenCalledWith(expect.objectContaining({ message }));
  },
);

it('A timeout of a century does not fire immediately', async () => {
  stopClocks();
  const asked = answered(
    after(1000, () => new Response('[1]')),
    { timeoutMs: 3e12 },
  );
  await pass(1000);

  expect(await asked).toEqual([1]);
});

it('A timeout includes the body, and cancels it', async () => {
  stopClocks();
  const cancel = vi.fn();
  const asked = answered(() => new Response(new ReadableStream({ cancel })));
  await pass(5 * SECOND);

  expect(await asked).toMatchObject({ message: TIMED_OUT });
  expect(cancel).toHaveBeenCalledOnce();
});

it.each([
  ['includes the second attempt', 3 * SECOND, 2],
  ['prevents a second attempt', 6 * SECOND, 1],
])('A timeout %s', async (_, milliseconds, attempts) => {
  stopClocks();
  const fetch = vi.fn(after(milliseconds, thrower(coded('ECONNRESET'))));
  const asked = answered(fetch);
  await pass(20 * SECOND, SECOND);

  expect(await asked).toMatchObject({ message: TIMED_OUT });
  expect(fetch).toHaveBeenCalledTimes(attempts);
});

it.each<[what: string, cancel: unknown]>([
  ['is missing', undefined],
  ['returns nothing', () => {}],
  ['throws', thrower(new Error('no'))],
  ['rejects', () => Promise.reject(new Error('no'))],
  ['hangs', never],
])('A body of a configured fetch works even if its "cancel" %s', async (_, cancel) => {
  stopClocks();
  const noRejections = watchRejections();
  const answerWith = (read: () => unknown) =>
    partly({ status: 200, body: { getReader: () => ({ read, cancel }) } });
  const chunks = [{ value: umlauts, done: false }];
  expect(await answered(answerWith(() => chunks.pop() ?? { done: true }))).toEqual(['Schlüssel-🔑']);
  const late = answered(answerWith(never));
  await pass(5 * SECOND);
  expect(await late).toMatchObject({ message: TIMED_OUT });
  await noRejections();
});

it('After a timeout, the client cancels a late answer without reading it', async () => {
  stopClocks();
  const pull = vi.fn();
  const cancel = vi.fn();
  const body = new ReadableStream({ pull, cancel }, { highWaterMark: 0 });
  const asked = answered(after(6 * SECOND, () => new Response(body)));
  await pass(10 * SECOND, SECOND);

  expect(await asked).toMatchObject({ message: TIMED_OUT });
  expect([pull.mock.calls.length, cancel.mock.calls.length]).toEqual([0, 1]);
});
