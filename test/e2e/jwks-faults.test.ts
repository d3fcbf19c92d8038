import { getEventListeners } from 'node:events';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { AuthError, createAuthClient } from 'intentkit-auth';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  answer,
  blackHole,
  body,
  closedInBody,
  type Fault,
  gzipBomb,
  headOnly,
  keys,
  large,
  notHttp,
  reset,
  resetInBody,
  slowDrip,
  watched,
} from '../support/faulty-jwks-server.js';
import { createSigner, outcome, startJwksClient, stopClock, URL_SECRET } from '../support/jwks-client.js';
import { startJwksServer } from '../support/jwks-server.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const signer = createSigner('k1');
const ACCEPT = 'application/jwk-set+json, application/json';
const jwks = JSON.stringify({ keys: [signer.jwk] });

/** A JWKS of exactly this many bytes. */
const padded = (bytes: number): Fault => body(jwks + ' '.repeat(bytes - jwks.length));

const unavailable = (why: string): string =>
  `The token was neither accepted nor refused, because the keys behind "jwksUrl" could not be fetched (${why}); try again later.`;

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe('A fetch of the JWKS', () => {
  const timeout = '0.5s';

  // biome-ignore format: one fault a line
  it.each<[title: string, fault: Fault, why: string | RegExp]>([
    ['is reset', reset, /^the request failed \((UND_ERR_SOCKET|ECONNRESET)\)$/],
    ['is reset in the middle of the body', resetInBody, /^the request failed( \((UND_ERR_SOCKET|ECONNRESET)\))?$/],
    ['is closed in the middle of the body', closedInBody, 'the request failed (UND_ERR_SOCKET)'],
    ['gets something that is not HTTP', notHttp, 'the request failed (HPE_INVALID_CONSTANT)'],
    ['falls into a black hole', blackHole, 'the endpoint did not answer within 0.5 s'],
    ['gets a head and no body', headOnly, 'the endpoint did not answer within 0.5 s'],
    ['gets a byte at a time', slowDrip, 'the endpoint did not answer within 0.5 s'],
    ['gets 500', answer(500), 'the endpoint answered 500, not 200'],
    ['gets 503 with a JWKS', answer(503, {}, jwks), 'the endpoint answered 503, not 200'],
    ['gets 429', answer(429, { 'retry-after': '1' }), 'the endpoint answered 429, not 200'],
    ['gets 404', answer(404, {}, 'no such page'), 'the endpoint answered 404, not 200'],
    ['gets 304', answer(304), 'the endpoint answered 304, not 200'],
    ['gets 204', answer(204), 'the endpoint answered 204, not 200'],
    ['gets 201 with a JWKS', answer(201, {}, jwks), 'the endpoint answered 201, not 200'],
    ['gets 206 with a JWKS', answer(206, {}, jwks), 'the endpoint answered 206, not 200'],
    ['gets HTML', body('<!doctype html><title>Sign in</title>', 'text/html'), 'the endpoint did not answer with JSON'],
    ['gets nothing at all', body(''), 'the endpoint did not answer with JSON'],
    ['gets half a JWKS', body(jwks.slice(0, jwks.length / 2)), 'the endpoint did not answer with JSON'],
    ['gets text that is not UTF-8', body(Uint8Array.of(0x22, 0xff, 0x22)), /^the request failed \(ERR_ENCODING_INVALID_ENCODED_DATA\)$/],
    ['gets text that ends within a character', body(Uint8Array.of(0x22, 0x22, 0xc3)), /^the request failed \(ERR_ENCODING_INVALID_ENCODED_DATA\)$/],
    ['gets JSON null', body('null'), 'the endpoint did not answer with a JSON Web Key Set'],
    ['gets a JSON string', body('"keys"'), 'the endpoint did not answer with a JSON Web Key Set'],
    ['gets a list of keys', body(JSON.stringify([signer.jwk])), 'the endpoint did not answer with a JSON Web Key Set'],
    ['gets a single key', body(JSON.stringify(signer.jwk)), 'the endpoint did not answer with a JSON Web Key Set'],
    ['gets an object of keys', body(JSON.stringify({ keys: { k1: signer.jwk } })), 'the endpoint did not answer with a JSON Web Key Set'],
    ['gets null for keys', body('{"keys":null}'), 'the endpoint did not answer with a JSON Web Key Set'],
    ['gets 50 MB', large(50 * MIB), 'the endpoint answered with more than 1 MiB'],
    ['gets one byte more than 1 MiB', padded(MIB + 1), 'the endpoint answered with more than 1 MiB'],
    ['gets 50 MB packed into a few bytes', gzipBomb(50 * MIB), 'the endpoint answered with more than 1 MiB'],
  ])('that %s fails, says so without the URL, and leaves nothing behind', async (_, fault, why) => {
    const clock = stopClock();
    const { server, client, warnings, outcome, status } = await startJwksClient({ jwks: { timeout } });

    server.handler = fault;
    const error: unknown = await client.verify(signer.token).catch((thrown) => thrown);

    expect(error).toBeInstanceOf(AuthError);
    const { code, message, cause } = error as AuthError;
    expect(code).toBe('ERR_JWKS_UNAVAILABLE');
    const { lastError = 'none' } = status();
    expect(lastError).toMatch(why);
    if (typeof why === 'string') expect(lastError).toBe(why);
    expect(message).toBe(unavailable(lastError));
    expect(cause).toMatchObject({ name: 'JwksFetchError', message: lastError });
    expect(warnings).toEqual([
      {
        code: 'JWKS_FAILING',
        message: `The JWKS endpoint fails: ${lastError}; its tokens cannot be verified until it answers.`,
      },
    ]);
    expect(inspect([error, warnings, client.status()], { depth: 9, showHidden: true })).not.toContain(
      URL_SECRET,
    );

    server.handler = keys(signer.jwk);
    clock.at(1000);
    expect(await outcome(signer.token)).toBe('valid');
  });

  it('that is refused the connection fails', async () => {
    const { server, outcome, status } = await startJwksClient();
    await server.close();

    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(status().lastError).toBe('the request failed (ECONNREFUSED)');
  });

  it('that expects TLS where there is none fails', async () => {
    const server = await startJwksServer();
    onTestFinished(() => server.close());
    const client = createAuthClient({
      jwksUrl: server.url.replace('http:', 'https:'),
      onWarning: () => {},
    });

    expect(await outcome(client, signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(client.status().jwks?.lastError).toMatch(/^the request failed \(ERR_SSL_\w+\)$/);
    expect(server.requests).toBe(0);
  });

  it.each([301, 302, 303, 307, 308])('does not follow a redirect (%d) to good keys', async (status) => {
    const elsewhere = await startJwksServer({ keys: [signer.jwk] });
    onTestFinished(() => elsewhere.close());
    const client = await startJwksClient();
    client.server.handler = answer(status, { location: elsewhere.url });

    expect(await client.outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(client.status().lastError).toBe(`the endpoint answered ${status}, not 200`);
    expect(elsewhere.requests).toBe(0);
  });

  it('takes a JWKS of exactly 1 MiB', async () => {
    const { server, outcome } = await startJwksClient();
    server.handler = padded(MIB);

    expect(await outcome(signer.token)).toBe('valid');
  });

  it('takes a JWKS that is compressed', async () => {
    const { server, outcome } = await startJwksClient();
    server.handler = answer(200, { 'content-encoding': 'gzip' }, gzipSync(jwks));

    expect(await outcome(signer.token)).toBe('valid');
  });

  it('takes a JWKS whose characters arrive in pieces', async () => {
    const kid = 'Schlüssel-🔑';
    const umlauts = createSigner(kid);
    const { server, outcome } = await startJwksClient();
    server.handler = (_, response) => {
      const bytes = Buffer.from(JSON.stringify({ keys: [umlauts.jwk] }));
      let sent = 0;
      const write = (): void => {
        if (sent === bytes.length) response.end();
        else response.write(bytes.subarray(sent, ++sent), () => setImmediate(write));
      };
      write();
    };

    expect(await outcome(umlauts.token)).toBe('valid');
  });

  it.each<[title: string, fault: Fault]>([
    ['a body of 50 MB', large(50 * MIB)],
    ['an error with a body of 50 MB', large(50 * MIB, 500)],
    ['a redirect with a body of 50 MB', large(50 * MIB, 302, { location: '/elsewhere' })],
    ['a body that comes a byte at a time', slowDrip],
    ['no body', headOnly],
    ['no answer', blackHole],
  ])('hangs up on %s', async (_, fault) => {
    const { server, outcome } = await startJwksClient({ jwks: { timeout } });
    const watch = watched(fault);
    server.handler = watch;

    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    await until(() => watch.hungUp);
  });

  it('counts the time of the body into the timeout, and takes a body that is slow but in time', async () => {
    const { server, outcome } = await startJwksClient({ jwks: { timeout: '5s' } });
    server.handler = (_, response) => {
      response.writeHead(200).write(jwks.slice(0, 20));
      setTimeout(() => response.end(jwks.slice(20)), 100);
    };

    expect(await outcome(signer.token)).toBe('valid');
  });

  it.each(['0.5555s', '1.001s', '30d', '1y'])('takes a timeout of %s', async (odd) => {
    const { outcome, status } = await startJwksClient({ keys: [signer.jwk], jwks: { timeout: odd } });

    expect(await outcome(signer.token), status().lastError).toBe('valid');
  });

  it.each<[title: string, fault: Fault | undefined]>([
    ['an answer', undefined],
    ['a failure', answer(500)],
  ])('leaves no timer behind after %s', async (_, fault) => {
    const started = vi.spyOn(globalThis, 'setTimeout');
    const cleared = vi.spyOn(globalThis, 'clearTimeout');
    const { server, client } = await startJwksClient({ keys: [signer.jwk], jwks: { timeout: '1h' } });
    server.handler = fault;
    await client.ping();

    const timers = started.mock.results.filter((_, call) => started.mock.calls[call]?.[1] === 3_600_000);
    expect(timers).toHaveLength(1);
    expect(cleared).toHaveBeenCalledWith(timers[0]?.value);
  });
});

describe('The request', () => {
  const headersOf = async (headers: Record<string, string> | undefined) => {
    const { server, outcome } = await startJwksClient({ ...(headers && { jwks: { headers } }) });
    let seen: NodeJS.Dict<string | string[]> = {};
    let target = '';
    server.handler = (request, response) => {
      seen = request.headers;
      target = `${request.method} ${request.url}`;
      keys(signer.jwk)(request, response);
    };
    expect(await outcome(signer.token)).toBe('valid');
    return { seen, target };
  };

  it('is a GET of the configured URL, query and all, that asks for JSON', async () => {
    const { seen, target } = await headersOf(undefined);

    expect(target).toBe(`GET /.well-known/jwks.json?code=${URL_SECRET}`);
    expect(seen.accept).toBe(ACCEPT);
  });

  it.each([
    [{ authorization: 'Bearer b' }, { authorization: 'Bearer b', accept: ACCEPT }],
    [
      { 'X-Tenant': 't', 'user-agent': 'u' },
      { 'x-tenant': 't', 'user-agent': 'u' },
    ],
    [{ accept: 'text/plain' }, { accept: 'text/plain' }],
    [{ Accept: 'text/plain' }, { accept: 'text/plain' }],
  ])('has the configured headers %j', async (configured, expected) => {
    const { seen } = await headersOf(configured);

    expect(seen).toMatchObject(expected);
  });

  it('goes through the global fetch as it is at the time of the call', async () => {
    const { outcome } = await startJwksClient();
    const replaced = vi.fn(async () => new Response(jwks));
    vi.stubGlobal('fetch', replaced);

    expect(await outcome(signer.token)).toBe('valid');
    expect(replaced).toHaveBeenCalledTimes(1);
  });
});

describe('A configured fetch', () => {
  const configured = (fetch: typeof globalThis.fetch) =>
    startJwksClient({ keys: [signer.jwk], jwks: { fetch, timeout: '0.5s' } });

  it('gets the URL as text, with headers, a signal, and the wish not to follow redirects', async () => {
    const fetch = vi.fn(globalThis.fetch);
    const { server, outcome } = await configured(fetch);

    expect(await outcome(signer.token)).toBe('valid');
    expect(fetch).toHaveBeenCalledTimes(1);
    const [input, init] = fetch.mock.calls[0] ?? [];
    expect(input).toBe(`${server.url}?code=${URL_SECRET}`);
    expect(init).toMatchObject({ redirect: 'manual', signal: expect.any(AbortSignal) });
    expect(new Headers(init?.headers).get('accept')).toBe(ACCEPT);
  });

  it('may add to its headers without adding to those of the next request', async () => {
    const sent: (string | null)[] = [];
    const { client } = await configured(async (input, init) => {
      const headers = init?.headers as Headers;
      headers.append('x-hop', 'proxy');
      sent.push(headers.get('x-hop'));
      return globalThis.fetch(input, init);
    });

    expect([await client.ping(), await client.ping()]).toEqual([true, true]);
    expect(sent).toEqual(['proxy', 'proxy']);
  });

  it('that follows redirects is refused the keys from elsewhere', async () => {
    const elsewhere = await startJwksServer({ keys: [signer.jwk] });
    onTestFinished(() => elsewhere.close());
    const { server, outcome, status } = await configured((input, init) =>
      globalThis.fetch(input, { ...init, redirect: 'follow' }),
    );
    server.handler = answer(302, { location: elsewhere.url });

    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(status().lastError).toMatch(/^the endpoint answered with a redirect, not 200$/);
  });

  it('that hides a redirect, as browsers do, is told by its type', async () => {
    const opaque = Object.defineProperties(new Response(jwks), {
      status: { value: 0 },
      type: { value: 'opaqueredirect' },
    });
    const { outcome, status } = await configured(async () => opaque);

    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(status().lastError).toBe('the endpoint answered with a redirect, not 200');
  });

  it('that ignores the signal and never answers is given up at the timeout', async () => {
    const { outcome, status } = await configured(() => new Promise(() => {}));

    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(status().lastError).toBe('the endpoint did not answer within 0.5 s');
  });

  it('that ignores the signal has its body given back at the timeout', async () => {
    const { server, outcome } = await configured((input) => globalThis.fetch(input));
    const watch = watched(slowDrip);
    server.handler = watch;

    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    await until(() => watch.hungUp);
  });

  it.each<[title: string, response: () => Response]>([
    ['a JWKS', () => new Response(jwks)],
    ['an error', () => new Response(jwks, { status: 500 })],
    ['a body that fails', () => new Response(failingBody())],
    ['no body', () => new Response(null)],
  ])(
    'that gives %s has no listener left on its signal, which would keep all of the request alive',
    async (_, response) => {
      const signals: AbortSignal[] = [];
      const { client } = await configured(async (_, init) => {
        if (init?.signal) signals.push(init.signal);
        return response();
      });
      await client.ping();

      expect(signals.map((signal) => getEventListeners(signal, 'abort'))).toEqual([[]]);
    },
  );

  it('that answers after the timeout changes nothing any more', async () => {
    let answerLate = (_: Response): void => {};
    const late = new Promise<Response>((resolve) => {
      answerLate = resolve;
    });
    const { outcome, status } = await configured(() => late);
    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    const response = new Response(jwks);

    answerLate(response);
    await until(() => response.bodyUsed);

    expect(status()).toMatchObject({ state: 'none', lastError: 'the endpoint did not answer within 0.5 s' });
  });

  const thrower = (value: unknown) => () => {
    throw value;
  };
  const coded = (code: unknown): Error => Object.assign(new Error(URL_SECRET), { code });

  it.each<[title: string, fetch: () => never, why: string]>([
    ['an error', thrower(new Error(URL_SECRET)), 'the request failed'],
    ['an error with a code', thrower(coded('ECONNREFUSED')), 'the request failed (ECONNREFUSED)'],
    [
      'an error with a code of 40 characters',
      thrower(coded('E'.repeat(40))),
      `the request failed (${'E'.repeat(40)})`,
    ],
    ['an error with a code of 41 characters', thrower(coded('E'.repeat(41))), 'the request failed'],
    ['an error with a code that is a sentence', thrower(coded(`at ${URL_SECRET}`)), 'the request failed'],
    ['an error with a code that ends in a URL', thrower(coded('E https://a.example')), 'the request failed'],
    ['an error with a code that is a number', thrower(coded(23)), 'the request failed'],
    ['an error with an empty code', thrower(coded('')), 'the request failed'],
    [
      'an error with a code on its cause',
      thrower(new Error(URL_SECRET, { cause: coded('ENOTFOUND') })),
      'the request failed (ENOTFOUND)',
    ],
    [
      'an error with a code beside its cause',
      thrower(Object.assign(new Error(URL_SECRET, { cause: new Error(URL_SECRET) }), { code: 'EPROXY' })),
      'the request failed (EPROXY)',
    ],
    [
      'an error with a code and one on its cause',
      thrower(Object.assign(new Error(URL_SECRET, { cause: coded('INNER') }), { code: 'OUTER' })),
      'the request failed (INNER)',
    ],
    ['an error whose cause is null', thrower(new Error(URL_SECRET, { cause: null })), 'the request failed'],
    ['null', thrower(null), 'the request failed'],
    ['undefined', thrower(undefined), 'the request failed'],
    ['a string', thrower(URL_SECRET), 'the request failed'],
    ['a number', thrower(404), 'the request failed'],
    ['a symbol', thrower(Symbol(URL_SECRET)), 'the request failed'],
    [
      'an object whose cause throws',
      thrower({
        get cause() {
          throw new Error(URL_SECRET);
        },
      }),
      'the request failed',
    ],
    [
      'an object whose code throws null',
      thrower({
        get code() {
          throw null;
        },
      }),
      'the request failed',
    ],
    [
      'a proxy that throws whatever is asked of it',
      thrower(
        new Proxy(
          {},
          {
            get: thrower(URL_SECRET),
            getPrototypeOf: thrower(new Error(URL_SECRET)),
          },
        ),
      ),
      'the request failed',
    ],
  ])('that throws %s has failed, and nothing of it is told but its code', async (_, fetch, why) => {
    for (const odd of [fetch, async () => fetch()]) {
      const { client, warnings, status } = await configured(odd);
      const error: unknown = await client.verify(signer.token).catch((thrown) => thrown);

      expect(error).toMatchObject({
        name: 'AuthError',
        code: 'ERR_JWKS_UNAVAILABLE',
        message: unavailable(why),
      });
      expect(status().lastError).toBe(why);
      expect(warnings).toHaveLength(1);
      expect(inspect([error, warnings, status()], { depth: 9, showHidden: true })).not.toContain(URL_SECRET);
    }
  });

  it.each<[title: string, response: unknown, why: string]>([
    ['nothing', undefined, 'the request failed'],
    ['null', null, 'the request failed'],
    ['a string', jwks, 'the endpoint answered undefined, not 200'],
    ['a response without a body', new Response(null), 'the endpoint did not answer with JSON'],
    [
      'a response whose body is null and whose status is 500',
      new Response(null, { status: 500 }),
      'the endpoint answered 500, not 200',
    ],
    [
      'a body of text instead of bytes',
      { status: 200, body: textBody() },
      'the request failed (ERR_INVALID_ARG_TYPE)',
    ],
    ['a body that fails', new Response(failingBody()), 'the request failed (EBODY)'],
    [
      'one chunk of 50 MB',
      new Response(new Uint8Array(50 * MIB)),
      'the endpoint answered with more than 1 MiB',
    ],
  ])('that gives %s has failed', async (_, response, why) => {
    const { outcome, status } = await configured(async () => response as Response);

    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(status().lastError).toBe(why);
  });

  it('that gives a body which cannot be cancelled is refused as any other', async () => {
    const unhandled = vi.fn();
    process.on('unhandledRejection', unhandled);
    onTestFinished(() => void process.off('unhandledRejection', unhandled));
    const stubborn = new ReadableStream({
      cancel: () => Promise.reject(new Error('no')),
    });
    const { outcome, status } = await configured(async () => new Response(stubborn, { status: 500 }));

    expect(await outcome(signer.token)).toBe('ERR_JWKS_UNAVAILABLE');
    expect(status().lastError).toBe('the endpoint answered 500, not 200');
    await new Promise((resolve) => setImmediate(resolve));
    expect(unhandled).not.toHaveBeenCalled();
  });

  function textBody(): ReadableStream {
    return new ReadableStream({ start: (controller) => controller.enqueue(jwks) });
  }

  function failingBody(): ReadableStream {
    return new ReadableStream({
      pull: (controller) => controller.error(coded('EBODY')),
    });
  }
});

describe('The URL', () => {
  const url = (jwksUrl: string, dangerouslyAllowHttp?: boolean) => () =>
    createAuthClient({
      jwksUrl,
      ...(dangerouslyAllowHttp !== undefined && { jwks: { dangerouslyAllowHttp } }),
    });

  it.each([
    ['https://idp.example/jwks', undefined],
    ['http://localhost/jwks', undefined],
    ['http://idp.localhost:8080/jwks', undefined],
    ['http://127.0.0.1:8080/jwks', undefined],
    ['http://127.255.0.1/jwks', undefined],
    ['http://2130706433/jwks', undefined],
    ['http://[::1]:8080/jwks', false],
    ['http://idp.example/jwks', true],
  ])('%s is taken (dangerouslyAllowHttp: %s)', (jwksUrl, allow) => {
    expect(url(jwksUrl, allow)).not.toThrow();
  });

  it.each([
    ['http://idp.example/jwks', undefined],
    ['http://idp.example/jwks', false],
    ['http://127.0.0.1.example/jwks', undefined],
    ['http://128.0.0.1/jwks', undefined],
    ['http://0.0.0.0/jwks', undefined],
    ['http://localhost.example/jwks', undefined],
    ['http://notlocalhost/jwks', undefined],
    ['http://[::2]/jwks', undefined],
    ['file:///etc/jwks.json', undefined],
    ['ftp://127.0.0.1/jwks', true],
  ])('%s is refused (dangerouslyAllowHttp: %s)', (jwksUrl, allow) => {
    expect(url(jwksUrl, allow)).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_CONFIG',
        message: expect.stringContaining('"jwksUrl" must be an https: URL'),
      }),
    );
  });
});
