import { type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { type AuthInfo, type PrivateMcpOptions, protectMcp } from 'intentkit-auth/mcp';
import { mint } from './mint.js';

export const RESOURCE = 'https://api.example.com/mcp';
export const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource/mcp';
export const ISSUER = 'https://issuer.example.com';
export const SECRET = 'a secret of more than thirty-two bytes';

const now = (): number => Math.floor(Date.now() / 1000);

/** A token that the client of `createGate` accepts. A claim that is `undefined` is left out. */
export const tokenWith = (claims: Record<string, unknown> = {}, header = {}, secret = SECRET): string =>
  mint({
    header: { alg: 'HS256', typ: 'JWT', ...header },
    payload: {
      iss: ISSUER,
      aud: RESOURCE,
      exp: now() + 60,
      client_id: 'agent',
      scope: 'mcp',
      ...claims,
    },
    key: secret,
  });

/** A gate before a client that verifies by a secret. */
export const createGate = (
  options: Partial<PrivateMcpOptions> = {},
  config: Partial<AuthProviderConfig> = {},
) =>
  protectMcp(createAuthClient({ secret: SECRET, issuer: ISSUER, audience: RESOURCE, ...config }), {
    resource: RESOURCE,
    requiredScopes: ['mcp'],
    ...options,
  });

/** A request for the resource. A header may have several values. */
export const requestWith = (
  headers: ConstructorParameters<typeof Headers>[0] = {},
  { url = RESOURCE, method = 'POST' } = {},
): Request => new Request(url, { method, headers });

/** What a gate makes of a request: 200, or the status and the challenge of the refusal. */
export interface Outcome {
  readonly status: number;
  readonly challenge: string | null;
  readonly body: unknown;
}

export const outcomeOf = async (decision: AuthInfo<unknown> | Response): Promise<Outcome> =>
  decision instanceof Response
    ? {
        status: decision.status,
        challenge: decision.headers.get('www-authenticate'),
        body: await decision.json(),
      }
    : { status: 200, challenge: null, body: undefined };

/** The caller, where the request must be admitted. */
export function admitted<Claims>(decision: AuthInfo<Claims> | Response): AuthInfo<Claims> {
  if (decision instanceof Response)
    throw new Error(`refused with ${decision.headers.get('www-authenticate')}`);
  return decision;
}
