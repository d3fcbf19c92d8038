import { type RunningServer, startServer } from '../../examples/authorization-server.js';
import { generateKeys } from './mint.js';
import { EXCHANGE_GRANTS, type ExchangeTarget, registerExchange } from './token-exchange.js';

/** The only user. Everyone who opens the login page is this user, and allows the client all that it asks for. */
export const USER = 'user-1';

export interface LoginServerOptions {
  /** Whether a client can only get the scopes that it has registered with. Default: true. */
  readonly bindsScopes?: boolean;
  /**
   * An API, and the client that exchanges tokens of users for it. Then all other access tokens are opaque, and the client may
   * introspect them. Default: none.
   */
  readonly behind?: Omit<ExchangeTarget, 'publicKey'> & {
    readonly clientId: string;
    readonly secret: string;
  };
}

export interface LoginServer extends RunningServer {
  /** How many clients have registered, how often the user has logged in, and how many tokens were refreshed. */
  readonly counts: { registered: number; logins: number; refreshed: number };
  /** How many tokens were exchanged. */
  exchanged: number;
  /** How long the access tokens that it issues from now on are valid, in seconds. */
  tokenLifetime: number;
  /** Revokes the newest refresh token, as a client does when the user signs out. The client can only log in again. */
  revoke(): Promise<void>;
}

/** Starts a real `oidc-provider` that registers clients, logs users in, and refreshes and revokes tokens. */
export async function startLoginServer({
  bindsScopes = true,
  behind,
}: LoginServerOptions = {}): Promise<LoginServer> {
  const counts = { registered: 0, logins: 0, refreshed: 0 };
  let newest = { clientId: '', token: '' };
  const server = await startServer(async (issuer) => {
    const { Provider } = await import('oidc-provider');
    const { privateKey, publicKey } = generateKeys('ES256');
    const key = { ...privateKey.export({ format: 'jwk' }), kid: 'k1', use: 'sig' };
    const exchanging = behind && {
      client_id: behind.clientId,
      client_secret: behind.secret,
      grant_types: [EXCHANGE_GRANTS['token-exchange']],
      redirect_uris: [],
      response_types: [],
    };
    const provider = new Provider(issuer, {
      jwks: { keys: [key as { kty: string }] },
      clients: exchanging ? [exchanging] : [],
      scopes: ['openid', 'offline_access', 'mcp', 'files:write'],
      cookies: { keys: ['a key of a test'] },
      ttl: {
        AccessToken: () => loginServer.tokenLifetime,
        ...{ AuthorizationCode: 60, Grant: 86_400, IdToken: 3600, Interaction: 3600 },
        ...{ RefreshToken: 86_400, Session: 86_400 },
      },
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      // Runs for each registration. Without a scope, the client may ask for any.
      extraClientMetadata: {
        properties: ['registration_scope'],
        validator: (_, __, ___, metadata) => {
          if (!bindsScopes) metadata.scope = undefined;
        },
      },
      issueRefreshToken: async (_, client) => client.grantTypeAllowed('refresh_token'),
      findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
      interactions: { url: (_, { uid }) => `/login/${uid}` },
      features: {
        devInteractions: { enabled: false },
        introspection: { enabled: behind !== undefined, allowedPolicy: async () => true },
        registration: { enabled: true },
        revocation: { enabled: true, allowedPolicy: async () => true },
        resourceIndicators: {
          enabled: true,
          useGrantedResource: () => true,
          getResourceServerInfo: (_, resource) => ({
            scope: 'mcp files:write',
            audience: resource,
            accessTokenFormat: behind ? 'opaque' : 'jwt',
            jwt: { sign: { alg: 'ES256' } },
          }),
        },
      },
    });
    if (behind) registerExchange(provider, { ...behind, publicKey });
    provider.on('registration_create.success', () => {
      counts.registered += 1;
    });
    provider.on('grant.success', ({ oidc }) => {
      const grant = oidc.params?.grant_type;
      if (grant === 'refresh_token') counts.refreshed += 1;
      else if (grant === 'authorization_code') counts.logins += 1;
      else loginServer.exchanged += 1;
    });
    provider.on('refresh_token.saved', ({ clientId = '', jti }) => {
      newest = { clientId, token: jti };
    });

    const serve = provider.callback();
    return async (request, response) => {
      if (!request.url?.startsWith('/login/')) return serve(request, response);
      const { prompt, params, grantId } = await provider.interactionDetails(request, response);
      if (prompt.name === 'login') {
        return provider.interactionFinished(request, response, { login: { accountId: USER } });
      }
      const earlier = grantId ? await provider.Grant.find(grantId) : undefined;
      const grant = earlier ?? new provider.Grant({ accountId: USER, clientId: String(params.client_id) });
      grant.addOIDCScope(String(params.scope));
      grant.addResourceScope(String(params.resource), String(params.scope));
      const consent = { grantId: await grant.save() };
      return provider.interactionFinished(request, response, { consent }, { mergeWithLastSubmission: true });
    };
  });
  const loginServer: LoginServer = {
    ...server,
    counts,
    exchanged: 0,
    tokenLifetime: 600,
    async revoke() {
      const body = new URLSearchParams({ client_id: newest.clientId, token: newest.token });
      const { status } = await fetch(`${server.url}/token/revocation`, { method: 'POST', body });
      if (status !== 200) throw new Error(`The provider answered ${status}.`);
    },
  };
  return loginServer;
}

/**
 * Opens a URL of the provider as a browser does: it follows redirects and keeps cookies, until the URL is not of the provider.
 * That one is returned and not opened: it is the redirect URI of the client, with the code or an error.
 */
export async function browse(start: URL): Promise<URL> {
  const cookies = new Map<string, string>();
  let url = start;
  for (let steps = 0; url.origin === start.origin; steps += 1) {
    const cookie = Array.from(cookies, (pair) => pair.join('=')).join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const next = response.headers.get('location');
    if (!next || steps > 20)
      throw new Error(`The login ends at ${response.status}: ${await response.text()}`);
    url = new URL(next, url);
  }
  return url;
}
