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
  /** The path of the issuer, such as `/tenant-a`. The provider answers under every path. Default: none. */
  readonly path?: string;
  /** Whether to also serve the metadata where RFC 8414 puts it for an issuer with a path. Default: false. */
  readonly insertsPath?: boolean;
  /** The algorithms that the provider can sign with. Generating RSA keys is slow. Default: ES256. */
  readonly algorithms?: readonly Algorithm[];
  /** If set, the provider uses TLS. */
  readonly certificate?: Certificate;
  /** The scheme of the issuer that the provider claims. Default: the scheme of its server. */
  readonly scheme?: 'http' | 'https';
}

export interface IdentityProvider {
  /** The origin of the server. */
  readonly origin: string;
  readonly issuer: string;
  readonly jwksUrl: string;
  /** The HTTP server. It counts all requests, including those for tokens. */
  readonly server: JwksServer;
  /** The ids of the current keys. */
  readonly keyIds: readonly string[];
  /** Replaces all keys, as a new deployment without the old keys does. */
  rotate(): Promise<void>;
  /** Requests an access token with the client credentials grant. */
  token(algorithm?: Algorithm): Promise<string>;
  stop(): Promise<void>;
}

/** Starts a real `oidc-provider`. A test can replace its keys while its address stays the same. */
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
      // RS256 and PS256 share the RSA key, as with a provider whose keys have no `alg`.
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
      // The resource selects the algorithm, so that one provider can issue tokens of all algorithms.
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

/** Mounts a listener under any path, as express does. With `insertsPath`, it also serves the RFC 8414 location. */
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
  // At startup, it warns on the console about its in-memory store and about the Node version.
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
