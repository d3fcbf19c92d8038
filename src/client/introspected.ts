import type { IntrospectionHook } from '../config/schema.js';
import { AuthError } from '../errors.js';
import { copyOfJson } from '../shared/json-copy.js';
import { isObject, own, withoutPrototype } from '../shared/own-properties.js';
import type { TokenPayload } from '../types.js';
import { asked } from './hooks.js';

/**
 * Asks the introspection about an opaque token. The claims are a copy. Without `iss`, they get the issuer of the introspection.
 *
 * @throws {AuthError} `ERR_INTROSPECTION_UNAVAILABLE` if it throws, rejects, hangs, or answers with anything but claims.
 */
export async function introspected(
  hook: IntrospectionHook,
  token: string,
): Promise<TokenPayload | undefined> {
  try {
    const answer = await asked(hook.isBounded, () => hook.introspect(token));
    if (answer === undefined) return undefined;
    const claims = copyOfJson(answer);
    if (isObject(claims)) {
      // A hook may hand on the raw answer of RFC 7662. Only `true` means that the token is active.
      const { active = true, ...given } = withoutPrototype(claims);
      if (active === false || isNoAccessToken(given)) return undefined;
      if (active === true) return Object.hasOwn(given, 'iss') ? given : { ...given, iss: hook.issuer };
    }
  } catch (error) {
    if (error instanceof AuthError && error.code === 'ERR_INTROSPECTION_UNAVAILABLE') throw error;
    // The message of any other error may contain the token.
  }
  throw new AuthError(
    'ERR_INTROSPECTION_UNAVAILABLE',
    'The token was neither accepted nor refused, because the introspection gave no answer; try again in 1 s.',
    { retryAfter: 1 },
  );
}

/** What the answers of providers call a refresh token, and other tokens that are not access tokens. */
const NO_ACCESS_TOKEN: readonly string[] = ['refresh_token', 'refresh', 'n_a'];

/**
 * True if the issuer says that the token is not an access token. Issuers introspect refresh tokens too, which live for longer and are
 * only for the issuer itself.
 *
 * @see RFC 6749 section 1.5, RFC 8693 section 2.2.1
 */
const isNoAccessToken = (claims: object): boolean =>
  [own(claims, 'token_use'), own(claims, 'token_type')].some(
    (kind) => typeof kind === 'string' && NO_ACCESS_TOKEN.includes(kind.toLowerCase()),
  );
