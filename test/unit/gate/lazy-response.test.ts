// On Node, a refusal creates its headers and its body late. Nothing else may tell it from an ordinary response.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { getRequestListener } from '@hono/node-server';
import fastify from 'fastify';
import { expect, it, onTestFinished, vi } from 'vitest';
import { GateAnswer } from '../../../gate/answers.js';
import { lazyResponses } from '../../../gate/lazy-response.js';

const HEADERS = { 'content-type': 'application/json', 'www-authenticate': 'Bearer', 'x-a': 'a' };
const BODY = '{"error":"invalid_token","what":"Žofie"}';
const lazy = (body: string | null = BODY, status = 401): Response =>
  new GateAnswer(status, HEADERS, body ?? undefined).toResponse();
const ordinary = (body: string | null = BODY, status = 401): Response =>
  new Response(body, { status, headers: HEADERS });

const isOrdinary = (response: Response): boolean => Object.getPrototypeOf(response) === Response.prototype;

/** What a member of a response is: the value of a property, or what becomes of a call. */
async function seen(response: Response, name: string): Promise<unknown> {
  const member: unknown = Reflect.get(response, name);
  try {
    const value: unknown = typeof member === 'function' ? await member.call(response) : member;
    if (value instanceof Headers) return [...value];
    if (value instanceof ReadableStream) return await new Response(value).text();
    if (value instanceof Blob) return [value.type, await value.text()];
    if (value instanceof Response) return [value.status, [...value.headers], await value.text()];
    return value;
  } catch (error) {
    return (error as Error).name;
  }
}

it('is what refusals are made of here', () => {
  expect(lazyResponses()).toBeTypeOf('function');
  expect(lazy()).toBeInstanceOf(Response);
  expect(isOrdinary(lazy())).toBe(false);
  expect(isOrdinary(ordinary())).toBe(true);
});

const MEMBERS = Object.getOwnPropertyNames(Response.prototype).filter((name) => name !== 'constructor');

it.each(MEMBERS)(
  'has the same "%s" as an ordinary response, with and without a body, and after reading it',
  async (name) => {
    for (const body of [BODY, null]) {
      const [one, other] = [lazy(body), ordinary(body)];
      expect(await seen(one, name)).toEqual(await seen(other, name));
      expect(one.bodyUsed).toBe(other.bodyUsed);
      expect(await seen(one, name)).toEqual(await seen(other, name));
      for (const next of ['bodyUsed', 'text', 'clone'])
        expect([next, await seen(one, next)]).toEqual([next, await seen(other, next)]);
    }
  },
);

it('can be read only once, and not while someone else reads it', async () => {
  const read = lazy();
  expect(await read.json()).toEqual(JSON.parse(BODY));
  await expect(read.text()).rejects.toThrow(TypeError);
  expect(() => read.clone()).toThrow(TypeError);

  const locked = lazy();
  expect(locked.body).toBe(locked.body);
  locked.body?.getReader();
  await expect(locked.text()).rejects.toThrow(TypeError);
});

it('keeps a change of its headers, also in a clone, and shares it with no other response', async () => {
  const parts = new GateAnswer(401, HEADERS, BODY);
  const changed = parts.toResponse();
  expect(changed.headers).toBe(changed.headers);
  // The body exists before the headers change.
  expect(changed.body).toBeInstanceOf(ReadableStream);
  changed.headers.set('x-a', 'b');
  const clone = changed.clone();
  expect(clone.headers.get('x-a')).toBe('b');
  clone.headers.set('x-a', 'c');
  const all = [changed, clone, new Response(changed.body, changed), parts.toResponse()];
  expect(all.map(({ headers }) => headers.get('x-a'))).toEqual(['b', 'c', 'b', 'a']);
  expect(all.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
  expect(await Promise.all(all.slice(1).map((response) => response.text()))).toEqual([BODY, BODY, BODY]);
});

it('shows its status and headers where it is printed', () => {
  expect(inspect(lazy())).toMatch(/status: 401[\s\S]*www-authenticate/);
});

it('is an ordinary response where a polyfill assigns its own members', () => {
  const original = globalThis.Response;
  onTestFinished(() => {
    globalThis.Response = original;
  });
  const Polyfill = function (
    this: Record<string, unknown>,
    _: unknown,
    init: { status: number; headers: HeadersInit },
  ) {
    this.status = init.status;
    this.headers = new Headers(init.headers);
  };
  globalThis.Response = Polyfill as never;
  const answer = lazy();
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
});

it('is an ordinary response where a framework has replaced the class, which then decides about everything', () => {
  class Replaced extends Response {}
  vi.stubGlobal('Response', Replaced);
  expect(isOrdinary(lazy())).toBe(true);
  vi.unstubAllGlobals();
  expect(lazyResponses()).toBeTypeOf('function');
});

it.each(['status', 'headers', 'value', 'writable'])(
  'is not changed by a polluted Object.prototype.%s',
  async (name) => {
    vi.resetModules();
    const fresh = await import('../../../gate/answers.js');
    const answer = new fresh.GateAnswer(401, HEADERS, BODY);
    let response: Response;
    let body: ReadableStream | null;
    try {
      Object.defineProperty(Object.prototype, name, {
        configurable: true,
        writable: true,
        value: 'polluted',
      });
      response = answer.toResponse();
      body = response.body;
    } finally {
      Reflect.deleteProperty(Object.prototype, name);
    }
    expect(isOrdinary(response)).toBe(false);
    expect([response.status, [...response.headers]]).toEqual([401, [...new Headers(HEADERS)]]);
    expect(await new Response(body).text()).toBe(BODY);
  },
);

/** Starts a server that answers every request with a refusal. Returns its URL. */
const SERVERS: Record<string, () => Promise<string>> = {
  async 'hono on Node'() {
    const listener = getRequestListener(() => lazy(), { overrideGlobalObjects: false });
    const server = createServer(listener).listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await once(server, 'listening');
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  },
  async fastify() {
    const app = fastify();
    onTestFinished(() => app.close());
    app.get('/', (_, reply) => reply.send(lazy()));
    return app.listen({ port: 0, host: '127.0.0.1' });
  },
};

it.each(Object.keys(SERVERS))('is sent whole by %s', async (name) => {
  const response = await fetch(String(await SERVERS[name]?.()));
  expect([response.status, response.headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.text()).toBe(BODY);
});
