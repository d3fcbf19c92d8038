import { NO_TOKEN, NOT_ONE_TOKEN, type Refusal, SEVERAL_TOKENS, TOKEN_IN_QUERY } from './refusals.js';
import type { Incoming } from './request.js';

export type Scheme = 'Bearer' | 'DPoP';

/** A token and how it was presented, or why there is none. The scheme is absent where it is not known. */
export type Credentials =
  | { readonly scheme: Scheme; readonly token: string; readonly refusal: undefined }
  | { readonly scheme: Scheme | undefined; readonly refusal: Refusal };

const ONE_TOKEN = /^(bearer|dpop) +([\w.~+/-]+=*)$/i;
const NOTHING = /^$/;
const HAS_SCHEME = /(?:^|,)\s*(?:bearer|dpop)(?:[\s,]|$)/i;

/** @see RFC 6750 section 2.1, RFC 9449 section 7.1 */
export function readCredentials(request: Incoming): Credentials {
  const { url } = request;
  const query = url.indexOf('?');
  if (query >= 0 && new URLSearchParams(url.slice(query)).has('access_token')) {
    return { scheme: undefined, refusal: TOKEN_IN_QUERY };
  }
  const value = request.header('authorization') ?? '';
  const [, name, token] = ONE_TOKEN.exec(value) ?? [];
  // A JavaScript engine keeps the last text that an expression fitted, and would keep the token.
  NOTHING.test('');
  if (name !== undefined && token !== undefined) return { scheme: schemeOf(name), token, refusal: undefined };
  // Another scheme is none of ours, and what it holds is no token.
  if (!HAS_SCHEME.test(value)) return { scheme: undefined, refusal: NO_TOKEN };
  if (value.includes(',')) return { scheme: undefined, refusal: SEVERAL_TOKENS };
  return { scheme: schemeOf(value), refusal: NOT_ONE_TOKEN };
}

const schemeOf = (text: string): Scheme => (/^dpop/i.test(text) ? 'DPoP' : 'Bearer');
