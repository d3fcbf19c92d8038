import { own } from '../shared/own-properties.js';
import type { TokenPayload } from '../types.js';

/** The claims where identity providers write the client. The first that is a string is used. */
const CLAIMS = ['client_id', 'azp', 'cid', 'appid'];

/**
 * The id of the client that a token was issued to: the first of the claims that is a string.
 *
 * @see RFC 9068 section 2.2 for `client_id`, OpenID Connect Core 1.0 section 2 for `azp`
 */
export const clientIdOf = (payload: TokenPayload): string | undefined =>
  CLAIMS.map((name) => own(payload, name)).find((id) => typeof id === 'string');
