import type { KeyObject } from 'node:crypto';
import { jwtVerify } from 'jose';
import type { Provider } from 'oidc-provider';

/** The grants of RFC 8693 and of Entra's on-behalf-of. */
export const EXCHANGE_GRANTS = {
  'token-exchange': 'urn:ietf:params:oauth:grant-type:token-exchange',
  'entra-on-behalf-of': 'urn:ietf:params:oauth:grant-type:jwt-bearer',
} as const;
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

/** An API for which tokens are exchanged. */
export interface ExchangeTarget {
  readonly resource: string;
  readonly scope: string;
  /** The key with which the provider signs. It proves that a JWT to exchange is one of its own. */
  readonly publicKey: KeyObject;
}

/**
 * Adds both grants to an `oidc-provider`. They exchange an access token that the provider has issued, opaque or JWT, for a JWT for
 * the target. The JWT says on whose behalf it was issued, and to whom.
 */
export function registerExchange(provider: Provider, { resource, scope, publicKey }: ExchangeTarget): void {
  /** The account of the token. `undefined`: the token is valid, and belongs to a client. */
  async function accountOf(token: string): Promise<string | undefined> {
    const { errors } = await import('oidc-provider');
    const stored = (await provider.AccessToken.find(token)) ?? (await provider.ClientCredentials.find(token));
    if (stored) return 'accountId' in stored ? stored.accountId : undefined;
    // The provider does not store JWTs.
    const verified = jwtVerify(token, publicKey, { issuer: provider.issuer, typ: 'at+jwt' });
    const { payload } = await verified.catch(() => {
      throw new errors.InvalidGrant('unknown subject');
    });
    return payload.sub === payload.client_id ? undefined : payload.sub;
  }

  type Handler = Parameters<Provider['registerGrantType']>[1];
  const exchange: Handler = async (ctx) => {
    const { errors } = await import('oidc-provider');
    const { client } = ctx.oidc;
    const params: Record<string, unknown> = ctx.oidc.params ?? {};
    const isExchange = params.grant_type === EXCHANGE_GRANTS['token-exchange'];
    const accountId = await accountOf(String(isExchange ? params.subject_token : params.assertion));
    if (isExchange ? params.resource !== resource : params.requested_token_use !== 'on_behalf_of')
      throw new errors.InvalidTarget();
    if (!client || params.scope !== scope) throw new errors.InvalidRequest('another scope');
    const issued =
      accountId === undefined
        ? new provider.ClientCredentials({ client, scope })
        : new provider.AccessToken({ client, scope, accountId, grantId: 'none', gty: 'exchange' });
    const jwt = { scope, audience: resource, accessTokenFormat: 'jwt' as const };
    issued.resourceServer = new provider.ResourceServer(resource, {
      ...jwt,
      jwt: { sign: { alg: 'ES256' } },
    });
    ctx.body = {
      access_token: await issued.save(),
      ...(isExchange && { issued_token_type: ACCESS_TOKEN }),
      expires_in: issued.expiration,
      token_type: 'Bearer',
      scope: issued.scope,
    };
  };
  const ofExchange = ['subject_token', 'subject_token_type', 'requested_token_type', 'resource', 'audience'];
  provider.registerGrantType(EXCHANGE_GRANTS['token-exchange'], exchange, [...ofExchange, 'scope']);
  const ofEntra = ['assertion', 'requested_token_use', 'scope'];
  provider.registerGrantType(EXCHANGE_GRANTS['entra-on-behalf-of'], exchange, ofEntra);
}
