/**
 * One process of a service. It signs, verifies and revokes over HTTP, with a revocation list in Redis. As in any Node
 * process, an unhandled rejection ends it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import KeyvRedis from '@keyv/redis';
import { AuthError, createAuthClient } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import Keyv from 'keyv';

const { REDIS_URL = '', ON_UNAVAILABLE = 'refuse' } = process.env;
const adapter = new KeyvRedis(REDIS_URL, { throwOnErrors: true });
const warnings: string[] = [];
const auth = createAuthClient({
  secret: 'R9v!Lq2#xW7pZk4@mC8sTb5&nH1dYf6^',
  issuer: 'my-service',
  onWarning: () => {},
  revocation: createRevocationList(new Keyv({ store: adapter, throwOnErrors: true }), {
    timeout: '0.5s',
    onUnavailable: ON_UNAVAILABLE === 'accept' ? 'accept' : 'refuse',
    onWarning: (_, code) => void warnings.push(code),
  }),
});

const routes: Readonly<Record<string, (body: string) => Promise<unknown>>> = {
  '/sign': (subject) => auth.sign({}, { subject }),
  '/verify': async (token) => {
    const { valid, reason } = await auth.verify(token);
    return valid ? 'valid' : reason;
  },
  '/revoke': async (token) => {
    await auth.revoke(token);
    return 'revoked';
  },
  '/warnings': async () => warnings,
};

const server = createServer(async (request, response) => {
  const began = performance.now();
  const body = await text(request);
  let outcome: unknown;
  try {
    outcome = await routes[request.url ?? '']?.(body);
  } catch (error) {
    outcome = error instanceof AuthError ? error.code : String(error);
  }
  response.end(JSON.stringify({ outcome, milliseconds: performance.now() - began }));
}).listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
