/** The services of the demo: one signs with a private key and serves the public key, the other verifies through its URL. */
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';
import { expect, shortened, show, step } from './demo-screen.js';

const ISSUER = 'https://agents.example.com';
const ORDERS = 'https://orders.example.com';

/** A service with a private key. Only this service can sign. */
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const agents = createAuthClient({ issuer: ISSUER, audience: ORDERS, signingKeys: [{ privateKey }] });

/** Serves the public key, which verifiers may keep for five minutes. */
const keyServer = createServer((_, response) => {
  response.setHeader('content-type', 'application/json');
  response.setHeader('cache-control', 'public, max-age=300');
  // Without open connections, the server stops at once.
  response.setHeader('connection', 'close');
  response.end(JSON.stringify(agents.jwks()));
});

async function startKeyServer(port = 0): Promise<number> {
  keyServer.listen(port, '127.0.0.1');
  await once(keyServer, 'listening');
  return (keyServer.address() as AddressInfo).port;
}

async function stopKeyServer(): Promise<void> {
  if (!keyServer.listening) return;
  keyServer.close();
  await once(keyServer, 'close');
}

/** A replica of an API that accepts the tokens of the other service. It knows a URL and no secret. */
function startOrders(jwksUrl: string) {
  const auth = createAuthClient({
    jwksUrl,
    issuer: ISSUER,
    audience: ORDERS,
    onWarning: (message) => show('warning', message),
  });
  const gate = protectApi(auth, { resource: ORDERS });
  const handler = gate.fetch(() => Response.json({ orders: 3 }));
  return {
    auth,
    get: (token: string): Promise<Response> =>
      handler(new Request(`${ORDERS}/orders`, { headers: { authorization: `Bearer ${token}` } })),
  };
}

/** Lets the services work together, and then stops the key server for a while. */
export async function showServices(): Promise<void> {
  const port = await startKeyServer();
  try {
    const jwksUrl = `http://127.0.0.1:${port}/.well-known/jwks.json`;
    step(
      '3. A service signs with a private key. Another service verifies through its URL, and they share no secret.',
    );
    const served = await fetch(jwksUrl);
    const [key] = ((await served.json()) as ReturnType<typeof agents.jwks>).keys;
    show('GET', jwksUrl);
    show(
      'answer',
      `{"keys":[{ ${Object.keys(key ?? {}).join(', ')} }]}, ${served.headers.get('cache-control')}`,
    );
    const orders = startOrders(jwksUrl);
    const token = await agents.sign({ scope: 'orders:read' }, { subject: 'agent-7' });
    show('token', `${shortened(token)}, signed with ES256`);
    expect('the other service accepts the token', (await orders.get(token)).status === 200);
    const cannotSign = await orders.auth.sign({}).catch((error: Error & { code?: string }) => error.code);
    expect('the other service cannot sign one itself', cannotSign === 'ERR_NO_SIGNING_KEY');

    step('4. The key server stops. An outage is never reported as a bad token.');
    await stopKeyServer();
    expect(
      'the other service still accepts the token: it keeps the key',
      (await orders.get(token)).status === 200,
    );
    const replica = startOrders(jwksUrl);
    const during = await replica.get(token);
    const seconds = Number(during.headers.get('retry-after'));
    show('answer', `${during.status}, retry-after: ${seconds}`);
    expect('a new replica, which has no key yet, answers 503, not 401', during.status === 503 && seconds > 0);
    await startKeyServer(port);
    await sleep(seconds * 1000);
    expect('it accepts the token when the key server is back', (await replica.get(token)).status === 200);
  } finally {
    await stopKeyServer();
  }
}
