// Runs in every test file. A test fails when it prints, or when it looks beyond this machine: a test run is silent,
// and it needs no network. Nothing here is a spy, which a test could restore. Processes of a test are not covered.
import { Console } from 'node:console';
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';
import { Writable } from 'node:stream';
import { afterAll, afterEach, expect } from 'vitest';

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\]|)$/;
const printed: string[] = [];
const beyondLoopback: string[] = [];

// What Node and other packages warn of differs from one version to the next, and is not ours to stop.
const WARNING = /^\((node:\d+\)|Use `node )/;
const print = (text: unknown): boolean => WARNING.test(String(text)) || printed.push(String(text)) > 0;
process.stdout.write = print;
process.stderr.write = print;
globalThis.console = new Console(new Writable({ write: (text, _, done) => done(void print(text)) }));
process.on('warning', ({ name, message }) => name === 'AuthWarning' && print(message));

function check(host?: string): void {
  if (host === undefined || LOOPBACK.test(host)) return;
  beyondLoopback.push(host);
  throw new Error(`A test tried to reach ${host}.`);
}

/** Has the host of each call of a method checked first. */
function guard(owner: object, name: string, hostOf: (args: unknown[], self: object) => string | undefined) {
  const apply = (method: () => unknown, self: object, args: unknown[]): unknown => {
    check(hostOf(args, self));
    return Reflect.apply(method, self, args);
  };
  Reflect.set(owner, name, new Proxy(Reflect.get(owner, name), { apply }));
}

// `tls`, `http2` and `fetch` come here too. A path is not the network. A `lookup` of the caller's may lead anywhere.
guard(Socket.prototype, 'connect', (args, self) => {
  (self as Socket).on('connectionAttempt', check);
  const [first, second] = (Array.isArray(args[0]) ? args[0] : args) as [unknown, unknown];
  if (typeof first !== 'object' || first === null) return typeof second === 'string' ? second : 'localhost';
  const { host = 'localhost', path } = first as { host?: string; path?: string };
  return path === undefined ? host : undefined;
});
for (const name of ['connect', 'send']) guard(dgram.Socket.prototype, name, () => 'any host by UDP');
for (const api of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  const lookUps = Object.keys(api).filter((name) => /^(lookup|resolve|reverse)/.test(name));
  for (const name of lookUps) guard(api, name, ([host]) => String(host));
}
syncBuiltinESMExports();

const expectSilence = async (): Promise<void> => {
  await new Promise(process.nextTick); // Node tells of a warning a tick later.
  expect(printed.splice(0), 'a test prints nothing').toEqual([]);
  expect(beyondLoopback.splice(0), 'a test reaches nothing beyond this machine').toEqual([]);
};
afterEach(expectSilence);
afterAll(expectSilence);
