import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { JWK } from 'oidc-provider';

export interface RunningServer {
  /** The URL of the server, on 127.0.0.1 and without a path. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server on a free port. `listenerAt` makes the listener for the server's URL. */
export async function startServer(
  listenerAt: (url: string) => RequestListener | Promise<RequestListener>,
): Promise<RunningServer> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  server.on('request', await listenerAt(url));
  return {
    url,
    stop: async () => {
      if (!server.listening) return;
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

/** The only client of the authorization server. */
export const CLIENT = { clientId: 'agent', clientSecret: 'the-secret-of-the-agent' };

/**
 * Starts a real authorization server in memory: the npm package `oidc-provider`. It issues JWTs to `CLIENT` with the client
 * credentials grant, for any resource. It binds a token to a key if the client sends a DPoP proof.
 */
export const startAuthorizationServer = (scope: string): Promise<RunningServer> =>
  startServer(async (issuer) => {
    const { Provider } = await import('oidc-provider');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...privateKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig', alg: 'ES256' } as JWK;
    const provider = new Provider(issuer, {
      jwks: { keys: [key] },
      clients: [
        {
          client_id: CLIENT.clientId,
          client_secret: CLIENT.clientSecret,
          grant_types: ['client_credentials'],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: 'ES256',
        },
      ],
      scopes: scope.split(' '),
      ttl: { ClientCredentials: 600 },
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      features: {
        clientCredentials: { enabled: true },
        dPoP: { enabled: true },
        devInteractions: { enabled: false },
        resourceIndicators: {
          enabled: true,
          getResourceServerInfo: (_, resource) => ({
            scope,
            audience: resource,
            accessTokenFormat: 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    });
    return provider.callback();
  });
