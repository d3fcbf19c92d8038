import { BoundedMap } from '../src/shared/bounded-map.js';
import { secondsNow } from '../src/shared/clock.js';
import { randomId } from '../src/shared/runtime.js';
import type { Served } from './faults.js';
import type { TestRequest } from './options.js';

/** The claims of a token. */
type Claims = Readonly<Record<string, unknown>>;

/** Signs claims, with these header parameters beside those of every token. */
export type SignClaims = (claims: Claims, header?: Claims) => Promise<string>;

/** The most tokens that are remembered. */
const MAX_TOKENS = 10_000;
/** The longest lifetime of an exchanged token, in seconds. */
const LIFETIME = 600;

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** The tokens that an issuer has made, and its endpoints that answer questions about them. Any client is accepted. */
export class TokenEndpoints {
  readonly #issued = new BoundedMap<string, Claims>(MAX_TOKENS);
  readonly #sign: SignClaims;

  constructor(sign: SignClaims) {
    this.#sign = sign;
  }

  /** Remembers a JWT, so that the endpoints know it. */
  issued(token: string, claims: Claims): string {
    this.#issued.set(token, claims);
    return token;
  }

  /** Makes an opaque token. */
  opaque(claims: Claims): string {
    return this.issued(`opaque_${randomId()}`, claims);
  }

  /** Makes a token inactive. */
  revoke(token: string): void {
    this.#issued.delete(token);
  }

  /** @see RFC 7662 section 2, RFC 9701 section 5 */
  async introspect(request: TestRequest, issuer: string): Promise<Served> {
    const form = new URLSearchParams(request.body);
    const clientId = clientOf(request, form);
    if (clientId === undefined) return refused('introspection', 401, 'invalid_client');
    const claims = this.#activeClaims(form.get('token'));
    const document = claims ? { active: true, ...claims } : { active: false };
    if (!request.headers.accept?.includes('application/token-introspection+jwt')) {
      return { kind: 'introspection', path: '/introspect', document };
    }
    const iat = secondsNow();
    const statement = { iss: issuer, aud: clientId, iat, token_introspection: document };
    const body = await this.#sign(statement, { typ: 'token-introspection+jwt' });
    return { kind: 'introspection', path: '/introspect', document, body };
  }

  /** @see RFC 8693 section 2, and the on-behalf-of flow of Microsoft Entra */
  async exchange(request: TestRequest, issuer: string): Promise<Served> {
    const form = new URLSearchParams(request.body);
    const clientId = clientOf(request, form);
    if (clientId === undefined) return refused('token', 401, 'invalid_client');
    const grant = form.get('grant_type');
    if (grant !== TOKEN_EXCHANGE && grant !== JWT_BEARER)
      return refused('token', 400, 'unsupported_grant_type');
    const subject = this.#activeClaims(form.get(grant === TOKEN_EXCHANGE ? 'subject_token' : 'assertion'));
    if (!subject) return refused('token', 400, 'invalid_grant');
    const scope = form.get('scope') ?? '';
    const iat = secondsNow();
    const exp = Math.min(iat + LIFETIME, Number(subject.exp ?? Number.POSITIVE_INFINITY));
    const claims = {
      iss: issuer,
      sub: subject.sub,
      aud: form.get('audience') ?? form.get('resource') ?? scope.split('/.default')[0],
      client_id: clientId,
      scope,
      // Who acts for the subject now, and who did before.
      act: { sub: clientId, ...(subject.act !== undefined && { act: subject.act }) },
      iat,
      exp,
    };
    const document = {
      access_token: this.issued(await this.#sign(claims), claims),
      token_type: 'Bearer',
      expires_in: exp - iat,
      scope,
      ...(grant === TOKEN_EXCHANGE && { issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' }),
    };
    return { kind: 'token', path: '/token', document };
  }

  #activeClaims(token: string | null): Claims | undefined {
    const claims = this.#issued.get(token ?? '');
    return claims && (claims.exp === undefined || Number(claims.exp) > secondsNow()) ? claims : undefined;
  }
}

/** The id of the client, if it sent anything that proves it. */
function clientOf({ headers }: TestRequest, form: URLSearchParams): string | undefined {
  const [scheme, credentials = ''] = (headers.authorization ?? '').split(' ');
  if (scheme?.toLowerCase() === 'basic') return idIn(credentials);
  return form.has('client_secret') || form.has('client_assertion')
    ? (form.get('client_id') ?? undefined)
    : undefined;
}

/** The id in the credentials of the scheme Basic. Both parts are form-encoded. @see RFC 6749 section 2.3.1 */
function idIn(credentials: string): string | undefined {
  try {
    const [id = ''] = atob(credentials).split(':');
    return new URLSearchParams(`id=${id}`).get('id') || undefined;
  } catch {
    return undefined;
  }
}

const refused = (kind: 'token' | 'introspection', status: number, error: string): Served => ({
  kind,
  path: kind === 'token' ? '/token' : '/introspect',
  document: { error },
  status,
});
