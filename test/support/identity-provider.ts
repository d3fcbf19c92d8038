import type { RequestListener } from 'node:http';
import type { JWK } from 'oidc-provider';
import { vi } from 'vitest';
import { type Certificate, type JwksServer, startJwksServer } from './jwks-server.js';
import { generateKeys } from './mint.js';

export const AUDIENCE = 'https://api.example.com';
export const TOKEN_LIFETIME = 2 * 60 * 60;
export const AGENT = { client_id: 'agent', client_secret: 'the-secret-of-the-agent' };

export const ALGORITHMS = ['RS256', 'PS256', 'ES256', 'EdDSA'] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

const OAUTH_PLACE = '/.well-known/oauth-authorization-server';

export interface IdentityProviderOptions {
  /** The path of its issuer, such as `/tenant-a`. It answers under every path. Default: none. */
  readonly path?: string;
  /** Whether its metadata is also where RFC 8414 puts that of an issuer with a path. Default: false. */
  readonly insertsPath?: boolean;
  /** By what it can sign. Keys of RSA take long to make. Default: ES256. */
  readonly algorithms?: readonly Algorithm[];
  /** With it, it is reached by TLS. */
  readonly certificate?: Certificate;
  /** What it takes itself for. Default: how it is reached. */
  readonly scheme?: 'http' | 'https';
}

export interface IdentityProvider {
  /** Where it is, without a path. */
  readonly origin: string;
  readonly issuer: string;
  readonly jwksUrl: string;
  /** What answers, and counts requests, those for tokens too. */
  readonly server: JwksServer;
  /** The ids of its keys. */
  readonly keyIds: readonly string[];
  /** Replaces all keys, as an operator does by a new deployment without the old ones. */
  rotate(): Promise<void>;
  /** An access token by the client credentials grant. */
  token(algorithm?: Algorithm): Promise<string>;
  stop(): Promise<void>;
}

/** The real `oidc-provider`, whose keys can be replaced behind one address. */
export async function startIdentityProvider({
  path = '',
  insertsPath = false,
  algorithms = ['ES256'],
  certificate,
  scheme,
}: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const server = await startJwksServer({ keys: [], certificate });
  const { origin } = new URL(server.url);
  const issuer = `${scheme ? origin.replace(/^https?/, scheme) : origin}${path}`;
  let generation = 0;
  let keys: { kid: string }[] = [];
  const provider = {
    origin,
    issuer,
    jwksUrl: `${issuer}/jwks`,
    server,
    stop: server.close,
    get keyIds() {
      return keys.map(({ kid }) => kid);
    },
    async rotate(): Promise<void> {
      generation += 1;
      // RS256 and PS256 share the RSA key, as they do at a provider that names no `alg`.
      keys = algorithms
        .filter((alg) => alg !== 'PS256')
        .map((alg) => {
          const key = generateKeys(alg).privateKey.export({ format: 'jwk' });
          return { ...key, kid: `${key.kty}-${generation}`, use: 'sig' };
        });
      const listener = await createListener(issuer, keys as JWK[], algorithms);
      server.handler = mounted(path, insertsPath, listener);
    },
    async token(algorithm: Algorithm = algorithms[0] ?? 'ES256'): Promise<string> {
      // The resource names the algorithm, so that one provider issues them all.
      const grant = { grant_type: 'client_credentials', scope: 'read', resource: `${AUDIENCE}/${algorithm}` };
      const body = new URLSearchParams({ ...grant, ...AGENT });
      const response = await fetch(`${issuer}/token`, { method: 'POST', body });
      const { access_token: token } = (await response.json()) as { access_token?: string };
      if (token === undefined) throw new Error(`The provider answered ${response.status} and no token.`);
      return token;
    },
  };
  await provider.rotate();
  return provider;
}

/** Mounts a listener under any path as express does, behind a proxy that knows RFC 8414 or does not. */
const mounted =
  (path: string, insertsPath: boolean, listener: RequestListener): RequestListener =>
  (request, response) => {
    const isInserted = insertsPath && request.url === `${OAUTH_PLACE}${path}`;
    const url = isInserted ? `${path}${OAUTH_PLACE}` : (request.url ?? '');
    const inner = url.replace(/^\/[\w-]+(?=\/(\.well-known|jwks|token)\b)/, '');
    Object.assign(request, { originalUrl: url, url: inner });
    listener(request, response);
  };

async function createListener(
  issuer: string,
  keys: JWK[],
  algorithms: readonly Algorithm[],
): Promise<RequestListener> {
  // It points out on the console that its store is in memory and that it prefers a newer Node, as if in service.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  try {
    const { Provider } = await import('oidc-provider');
    const provider = new Provider(issuer, {
      jwks: { keys },
      clients: [
        {
          ...AGENT,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          token_endpoint_auth_method: 'client_secret_post',
          id_token_signed_response_alg: algorithms[0] ?? 'ES256',
        },
      ],
      ttl: { ClientCredentials: TOKEN_LIFETIME },
      enabledJWA: { idTokenSigningAlgValues: [...algorithms] },
      features: {
        clientCredentials: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, resource) => ({
            scope: 'read',
            audience: AUDIENCE,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: new URL(resource).pathname.slice(1) as Algorithm } },
          }),
        },
      },
    });
    return provider.callback();
  } finally {
    quiet.mockRestore();
  }
}
