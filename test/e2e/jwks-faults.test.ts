import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { inspect } from 'node:util';
import { gzipSync } from 'node:zlib';
import { AuthError, createAuthClient, type JwksOptions } from 'intentkit-auth';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startChild } from '../support/child.js';
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
import { startJwksServer } from '../support/jwks-server.js';
import { createSigner } from '../support/mint.js';
import { outcome } from '../support/outcome.js';
import { until } from '../support/until.js';

const MIB = 1024 * 1024;
const NONE = 'ERR_JWKS_UNAVAILABLE';
const k1 = createSigner('k1');
const k2 = createSigner('k2');
const bomb = gzipBomb(50 * MIB);
const jwks = JSON.stringify({ keys: [k1.jwk] });

/** Part of the client's `jwksUrl`. It must appear only in the request. */
const URL_SECRET = 'hush-hush';

/** Starts a server with keys, and a client that uses it. The server stops when the test ends. */
async function start(jwks: JwksOptions = {}, ...keys: readonly object[]) {
  const server = await startJwksServer({ keys });
  onTestFinished(() => server.close());
  const warnings: { code: string; message: string }[] = [];
  const client = createAuthClient({
    jwksUrl: `${server.url}?code=${URL_SECRET}`,
    jwks,
    onWarning: (message, code) => warnings.push({ code, message }),
  });
  return { server, client, warnings, lastError: () => client.status().jwks?.lastError };
}

/** Stops the clock for the age of keys and for back-offs. Sockets and timers are real. */
function stopAges(): { pass(milliseconds: number): void } {
  let now = performance.now();
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
  onTestFinished(() => clock.mockRestore());
  return {
    pass: (milliseconds) => {
      now += milliseconds;
    },
  };
}

// biome-ignore format: one fault per line
it.each<[title: string, fault: Fault, why: RegExp]>([
  ['is reset', reset, /^the request failed \((UND_ERR_SOCKET|ECONNRESET)\)$/],
  ['is reset in the middle of the body', resetInBody, /^the request failed( \((UND_ERR_SOCKET|ECONNRESET)\))?$/],
  ['is closed in the middle of the body', closedInBody, /^the request failed \(UND_ERR_SOCKET\)$/],
  // On Node 24, this error has no code.
  ['gets something that is not HTTP', notHttp, /^the request failed( \(HPE_INVALID_CONSTANT\))?$/],
  ['gets no answer', blackHole, /^the endpoint did not answer within 0.5 s$/],
  ['gets headers but no body', headOnly, /^the endpoint did not answer within 0.5 s$/],
  ['gets one byte at a time', slowDrip, /^the endpoint did not answer within 0.5 s$/],
  ['gets 50 MB', large(50 * MIB), /^the endpoint answered with more than 1 MiB$/],
  ['gets 50 MB compressed into a few bytes', bomb, /^the endpoint answered with more than 1 MiB$/],
  ['gets an error with a body of 50 MB', large(50 * MIB, 500), /^the endpoint answered 500, not 200$/],
])('A fetch that %s fails, closes its connection, says why without the URL, and does not affect the next fetch', async (_, fault, why) => {
  const ages = stopAges();
  const { server, client, warnings, lastError } = await start({ timeout: '0.5s' });
  const watch = watched(fault);
  server.handler = watch;
  const error: unknown = await client.verify(k1.token).catch((thrown) => thrown);
  // A small answer is sent completely before the client can close the connection.
  if (fault !== bomb) await until(() => watch.hungUp);

  expect(error).toBeInstanceOf(AuthError);
  expect(error).toMatchObject({ code: NONE, retryAfter: 1, cause: { message: expect.stringMatching(why) } });
  expect(lastError()).toMatch(why);
  expect(warnings.map(({ code }) => code)).toEqual(['JWKS_FAILING']);
  expect(inspect([error, warnings, client.status()], { depth: 9, showHidden: true })).not.toContain(URL_SECRET);

  server.handler = keys(k1.jwk);
  ages.pass(1000);
  expect(await outcome(client, k1.token)).toBe('valid');
});

it('If the connection is refused or TLS fails, a fetch fails with the error code of the system', async () => {
  const { server, client, lastError } = await start();
  const overTls = createAuthClient({ jwksUrl: server.url.replace('http:', 'https:'), onWarning: () => {} });
  await expect(overTls.verify(k1.token)).rejects.toMatchObject({ code: NONE });
  expect(overTls.status().jwks?.lastError).toMatch(/^the request failed \(ERR_SSL_\w+\)$/);
  expect(server.requests).toBe(0);

  await server.close();
  expect([await outcome(client, k1.token), await client.ping()]).toEqual([NONE, false]);
  expect(lastError()).toBe('the request failed (ECONNREFUSED)');
});

it('A fetch reads a compressed answer that arrives in parts, and sends its query and headers', async () => {
  const { server, client } = await start({ headers: { 'x-tenant': 't' } });
  const seen: unknown[] = [];
  server.handler = (request, response) => {
    seen.push([request.method, request.url, request.headers['x-tenant'], request.headers.accept]);
    response.writeHead(200, { 'content-encoding': 'gzip' });
    const bytes = gzipSync(jwks);
    response.write(bytes.subarray(0, 20), () => setTimeout(20).then(() => response.end(bytes.subarray(20))));
  };

  expect([await outcome(client, k1.token), await client.ping()]).toEqual(['valid', true]);
  const accept = 'application/jwk-set+json, application/json';
  expect(seen[0]).toEqual(['GET', `/.well-known/jwks.json?code=${URL_SECRET}`, 't', accept]);
});

it('A fetch whose idle connection was cut is retried at once, without an error or a warning', async () => {
  const { server, client, warnings } = await start({}, k1.jwk);
  expect(await outcome(client, k1.token)).toBe('valid');
  let sockets: Socket[] = [];
  // Simulates a server that closes the idle connection at the moment of the request.
  server.handler = (request) => {
    sockets = [...sockets, request.socket];
    server.handler = undefined;
    request.socket.destroy();
  };

  expect([await client.ping(), sockets.length, server.requests, warnings]).toEqual([true, 1, 3, []]);
});

it('If fetch ignores the signal, the client closes the connection of an answer after the timeout', async () => {
  const { server, client, lastError } = await start({
    timeout: '0.5s',
    fetch: (url) => globalThis.fetch(url),
  });
  const watch = watched((request, response) => void setTimeout(700).then(() => slowDrip(request, response)));
  server.handler = watch;
  expect([await outcome(client, k1.token), lastError()]).toEqual([
    NONE,
    'the endpoint did not answer within 0.5 s',
  ]);

  await until(() => watch.hungUp);
});

/** A TCP load balancer. It forwards its first connection to one replica, and each later connection to another. */
async function startBalancer(first: string, later: string): Promise<string> {
  let connections = 0;
  const open = new Set<Socket>();
  const balancer = createServer((socket) => {
    const replica = connect(Number(new URL(connections++ === 0 ? first : later).port), '127.0.0.1');
    for (const [from, to] of [
      [socket, replica],
      [replica, socket],
    ] as const) {
      open.add(from);
      from.pipe(to).on('error', () => {});
      from.on('error', () => to.destroy()).on('close', () => to.destroy());
    }
  });
  await once(balancer.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => balancer.close(resolve));
  });
  return `http://127.0.0.1:${(balancer.address() as AddressInfo).port}/jwks`;
}

it('A client leaves a broken replica behind a load balancer after two attempts, even on a connection with keep-alive', async () => {
  const ages = stopAges();
  const { server: broken } = await start();
  const { server: working } = await start({}, k1.jwk);
  // The client reads this answer to its end, so the connection can be used again.
  broken.handler = body('{"error":"starting"}');
  const client = createAuthClient({
    jwksUrl: await startBalancer(broken.url, working.url),
    onWarning: () => {},
  });
  // An attempt in between can use a connection that is being closed, and then reaches neither replica.
  for (let attempts = 1; !(await client.ping()) && attempts < 10; attempts += 1) {
    ages.pass(1000);
    // A connection becomes free shortly after its answer was read.
    await setTimeout(300);
  }

  expect(broken.requests).toBeLessThanOrEqual(2);
  expect(working.requests).toBe(1);
});

const client = (url: string, more: string): string => `
  import { createAuthClient } from 'intentkit-auth';
  const tokens = ${JSON.stringify([k1.token, k2.token])};
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  const client = createAuthClient({ jwksUrl: ${JSON.stringify(url)}, onWarning });
  const outcome = (token) => client.verify(token).then(({ valid, reason }) => valid ? 'valid' : reason, ({ code }) => code ?? 'raw error');
  ${more}`;

it('A process without free file descriptors cannot verify its first token, and recovers when some are free', async () => {
  const { server } = await start({}, k1.jwk);
  const child = await startChild(
    client(
      server.url,
      `import { closeSync, openSync } from 'node:fs';
      function onWarning() {}
      // The client has loaded its modules when no file is being read.
      do await wait(300); while (process.getActiveResourcesInfo().some((name) => name.startsWith('FS')));
      const taken = [];
      try { for (;;) taken.push(openSync('/dev/null')); } catch {}
      const first = [await outcome(tokens[0]), await client.ping()];
      for (const descriptor of taken) closeSync(descriptor);
      let last;
      for (let tries = 0; tries < 50 && last !== 'valid'; tries += 1, await wait(100)) last = await outcome(tokens[0]);
      console.log(JSON.stringify([...first, last, await client.ping()]));`,
    ),
    { descriptors: 128 },
  );

  expect([await child.ended, child.lines]).toEqual([0, [`["${NONE}",false,"valid",true]`]]);
});

it('A process survives an outage if its warning handler rejects', async () => {
  const { server } = await start();
  server.handler = answer(500);
  const child = await startChild(
    client(
      server.url,
      `async function onWarning() { throw new Error('the log is down'); }
      const first = await outcome(tokens[0]);
      await wait(50);
      console.log(first, await client.ping());`,
    ),
  );

  expect([await child.ended, child.lines]).toEqual([0, [`${NONE} false`]]);
});

it('A process that is suspended in the middle of a fetch does not report an outage', async () => {
  const { server } = await start({}, k1.jwk);
  const child = await startChild(
    client(
      server.url,
      `function onWarning(message) { console.log(message); }
      console.log(await outcome(tokens[0]), await outcome(tokens[1]));`,
    ).replace('onWarning })', "onWarning, jwks: { timeout: '0.5s' } })"),
  );
  server.handler = (_, response) => {
    server.handler = undefined;
    child.process.kill('SIGSTOP');
    response.end(jwks);
    // Longer than the timeout and the delay that counts as a suspension.
    setTimeout(2500).then(() => child.process.kill('SIGCONT'));
  };

  expect([await child.ended, child.lines]).toEqual([0, ['valid key']]);
});
