// Run by setup.test.ts alone. Each way is what test/support/setup.ts forbids, and what comes of it is ignored.
import { createSocket } from 'node:dgram';
import dns, { lookup, promises } from 'node:dns';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createAuthClient } from '../../src/index.js';
import { startJwksServer } from '../support/jwks-server.js';

const HOST = '192.0.2.1';
const ADDRESS = { address: HOST, family: 4 };
const NAME = 'host.example';

it.each<[title: string, way: () => unknown]>([
  // biome-ignore lint/suspicious/noConsole: that it is noticed is what the test is about.
  ['prints by console', () => console.table([HOST])],
  // biome-ignore lint/suspicious/noConsole: as above.
  ['prints by console, all mocks restored', () => vi.restoreAllMocks() && console.log(HOST)],
  ['prints by stdout', () => process.stdout.write(HOST)],
  ['prints by a warning of the package', () => createAuthClient({ secret: 'short' })],
  ['reaches out by net', () => connect(9, HOST)],
  ['reaches out by tls', () => connectTls(9, HOST)],
  ['reaches out by http2', () => connectHttp2(`http://${HOST}:9`)],
  ['reaches out by fetch', () => fetch(`http://${HOST}`)],
  ['reaches out by UDP', () => createSocket('udp4').send('text', 9, HOST)],
  [
    'reaches out by a lookup of its own',
    () => connect({ port: 9, lookup: (_, __, found) => found(null, [ADDRESS]) }),
  ],
  ['reaches out by lookup', () => lookup(NAME, () => {})],
  ['reaches out by resolve4 of a promise', () => promises.resolve4(NAME)],
  ['reaches out by resolve4 of a resolver', () => new dns.Resolver().resolve4(NAME, () => {})],
])('%s', async (_, way) => {
  await Promise.resolve()
    .then(way)
    .catch(() => {});
});

it('stays silent and on this machine', async () => {
  const server = await startJwksServer();
  onTestFinished(() => server.close());
  expect((await fetch(server.url.replace('127.0.0.1', 'localhost'))).status).toBe(200);
  expect(await promises.lookup('127.0.0.1')).toMatchObject({ family: 4 });
});
