import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { onTestFinished, vi } from 'vitest';
import type { Certificate } from './certificate.js';

export const AUDIENCE = 'https://api.example.com';
const CLIENT = { id: 'agent', secret: 'the secret of the agent' };

/** How an identity provider is set up, and how it is broken. */
export interface Setup {
  /** The path of its issuer. It answers under every path, as a provider of many tenants may. */
  readonly tenant?: string;
  /** What it takes itself for. Default: how it is reached. */
  readonly scheme?: 'http' | 'https';
  readonly certificate?: Certificate;
  /** Answers in its place, by the end of the path. */
  readonly instead?: Readonly<Record<string, RequestListener>>;
}

export interface IdentityProvider {
  /** Where it is, without a path. */
  readonly origin: string;
  readonly issuer: string;
  /** An access token by the client credentials grant. */
  token(): Promise<string>;
}

/** The real `oidc-provider` on a port of its own until the test is over. */
export async function startIdentityProvider(setup: Setup = {}): Promise<IdentityProvider> {
  const { tenant = '', certificate, instead = {} } = setup;
  let listener: RequestListener = () => {};
  const answer: RequestListener = (request, response) => {
    const path = request.url ?? '';
    const other = Object.keys(instead).find((end) => path.endsWith(end));
    if (other !== undefined) return instead[other]?.(request, response);
    // As express does it for what is mounted under a path.
    const mounted = /^(\/[\w-]+)(\/(\.well-known|jwks|token)\b.*)$/.exec(path);
    if (mounted && mounted[1] !== '/.well-known') {
      Object.assign(request, { originalUrl: path });
      request.url = mounted[2] ?? '';
    }
    listener(request, response);
  };
  const server = certificate ? createTlsServer(certificate, answer) : createServer(answer);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(async () => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  });
  const reached = certificate ? 'https' : 'http';
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const issuer = `${setup.scheme ?? reached}://${host}${tenant}`;
  listener = await createListener(issuer);
  return {
    origin: `${reached}://${host}`,
    issuer,
    token: () => requestToken(`${reached}://${host}${tenant}`),
  };
}

async function createListener(issuer: string): Promise<RequestListener> {
  // It points out on the console that its store is in memory and that it prefers a newer Node, as if in service.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const { Provider } = await import('oidc-provider');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const provider = new Provider(issuer, {
      jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), kid: 'ec-1', use: 'sig' } as never] },
      clients: [
        {
          client_id: CLIENT.id,
          client_secret: CLIENT.secret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      ttl: { ClientCredentials: 600 },
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: () => ({
            scope: 'read',
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    });
    return provider.callback();
  } finally {
    quiet.mockRestore();
  }
}

async function requestToken(base: string): Promise<string> {
  const response = await fetch(`${base}/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${CLIENT.id}:${encodeURIComponent(CLIENT.secret)}`)}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', scope: 'read', resource: AUDIENCE }),
  });
  const body = (await response.json()) as { access_token?: string };
  if (!body.access_token) throw new Error(`No token, but ${response.status}: ${JSON.stringify(body)}`);
  return body.access_token;
}
