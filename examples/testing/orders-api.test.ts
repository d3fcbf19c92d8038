// Run it with: npx vitest run orders-api.test.ts
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createTestIssuer, type TestIssuer } from 'intentkit-auth/testing';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createApp } from './orders-api.js';

let issuer: TestIssuer;
let server: Server;
beforeEach(async () => {
  issuer = await createTestIssuer({ audience: 'orders' });
  await issuer.listen();
  const resource = 'https://api.example.com';
  server = createApp({ issuer: issuer.url, audience: 'orders', resource }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.close();
  await issuer.close();
});

const send = (method: string, token?: string, body?: object): Promise<Response> =>
  fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/orders`, {
    method,
    headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    body: body ? JSON.stringify(body) : null,
  });

it('takes orders and lists them', async () => {
  const writer = await issuer.token({ sub: 'user-1', scope: 'orders:write' });
  expect((await send('POST', writer, { item: 'book' })).status).toBe(201);
  expect((await send('POST', writer, {})).status).toBe(400);
  const listed = await send('GET', await issuer.token({ scope: 'orders:read' }));
  expect([listed.status, await listed.json()]).toEqual([200, [{ item: 'book', by: 'user-1' }]]);
});

it('answers 401 without a valid token', async () => {
  expect((await send('GET')).status).toBe(401);
  expect((await send('GET', await issuer.token({}, { expiresIn: '-1m' }))).status).toBe(401);
  expect((await send('GET', await issuer.token({}, { audience: 'another-api' }))).status).toBe(401);
});

it('answers 403 to a token that lacks the scope', async () => {
  const reader = await issuer.token({ scope: 'orders:read' });
  expect((await send('POST', reader, { item: 'book' })).status).toBe(403);
});

it('answers 503 while the identity provider is down', async () => {
  // The client warns about the outage.
  vi.spyOn(process, 'emitWarning').mockReturnValue();
  issuer.fail('503');
  const { status, headers } = await send('GET', await issuer.token({ scope: 'orders:read' }));
  expect([status, headers.has('retry-after')]).toEqual([503, true]);
});
