import {
  MALFORMED_AUTHORIZATION,
  NO_TOKEN,
  type Refusal,
  SEVERAL_TOKENS,
  TOKEN_IN_QUERY,
} from './refusals.js';
import type { Incoming } from './request.js';

export type Scheme = 'Bearer' | 'DPoP';

/** A token and its scheme, or the refusal and the scheme if it is known. */
export type Credentials =
  | {
      readonly scheme: Scheme;
      readonly token: string;
      readonly refusal: undefined;
      readonly isAnonymous: false;
    }
  | {
      readonly scheme: Scheme | undefined;
      readonly token: undefined;
      readonly refusal: Refusal;
      /** Whether the request has nothing that may be a token, so that a public route admits it. */
      readonly isAnonymous: boolean;
    };

const refused = (refusal: Refusal, scheme?: Scheme, isAnonymous = false): Credentials => ({
  scheme,
  token: undefined,
  refusal,
  isAnonymous,
});

/** Reads the token of a request. @see RFC 6750 section 2.1, RFC 9449 section 7.1 */
export function readCredentials(request: Incoming): Credentials {
  const { url } = request;
  const query = url.indexOf('?');
  if (query >= 0 && new URLSearchParams(url.slice(query)).has('access_token')) {
    return refused(TOKEN_IN_QUERY);
  }
  const credentials = parseAuthorization(request.header('authorization') ?? '');
  // A JavaScript engine keeps the text of the last match, here the token. Another match replaces it.
  EMPTY.test('');
  return credentials;
}

const EMPTY = /^$/;
const SCHEME_AND_TOKEN = /^(bearer|dpop) +([\w.~+/-]+=*)$/i;
const HAS_SCHEME = /(?:^|,)\s*(?:bearer|dpop)(?:[\s,]|$)/i;
const EMPTY_OR_OTHER_SCHEME = /^$|^[\w!#$%&'*+.^`|~-]+ /;

function parseAuthorization(value: string): Credentials {
  const [, name, token] = SCHEME_AND_TOKEN.exec(value) ?? [];
  if (name !== undefined && token !== undefined)
    return { scheme: schemeOf(name), token, refusal: undefined, isAnonymous: false };
  // Another scheme, such as Basic, may be meant for another part of the server. Text without a scheme may be a token.
  if (!HAS_SCHEME.test(value)) return refused(NO_TOKEN, undefined, EMPTY_OR_OTHER_SCHEME.test(value));
  if (value.includes(',')) return refused(SEVERAL_TOKENS);
  return refused(MALFORMED_AUTHORIZATION, schemeOf(value));
}

const schemeOf = (text: string): Scheme => (/^dpop/i.test(text) ? 'DPoP' : 'Bearer');
