// A separate module, because all test files of a worker share it. So the guards are installed only once.
import dgram from 'node:dgram';
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { Socket } from 'node:net';

/** The hosts on other machines that tests have tried to reach. */
export const beyondLoopback: string[] = [];

const LOOPBACK = /^(localhost|127(\.\d+){3}|::1|\[::1\]|)$/;

function check(host?: string): void {
  if (host === undefined || LOOPBACK.test(host)) return;
  beyondLoopback.push(host);
  throw new Error(`A test tried to reach ${host}.`);
}

/** Wraps a method so that the host of each call is checked first. */
function guard(owner: object, name: string, hostOf: (args: unknown[], self: object) => string | undefined) {
  const apply = (method: () => unknown, self: object, args: unknown[]): unknown => {
    check(hostOf(args, self));
    return Reflect.apply(method, self, args);
  };
  Reflect.set(owner, name, new Proxy(Reflect.get(owner, name), { apply }));
}

// `tls`, `http2` and `fetch` also use this method. A local socket has a path and no host. The `connectionAttempt` event checks
// the resolved address too, because a caller may pass its own `lookup`.
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
