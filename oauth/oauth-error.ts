import { own } from '../src/shared/own-properties.js';

/** The error of an endpoint. */
export interface OAuthAnswerError {
  /** The code, such as `invalid_grant`. */
  readonly error: string;
  /** The `claims` that Microsoft Entra sends with `interaction_required`, for the next request of the client. */
  readonly claims: string | undefined;
}

const MAX_CODE_LENGTH = 64;
const MAX_CLAIMS_LENGTH = 8192;
/** A shorter text may be a part of a code by chance, and is no secret. */
const SHORTEST_TOKEN = 8;

/**
 * Reads the error of an answer. `undefined` if the answer is not JSON, or its code is not one. Descriptions are not read, because
 * they may contain a part of the request.
 *
 * @param token the token of the request. A code and claims that repeat it are not shown.
 * @see RFC 6749 section 5.2
 */
export function oauthErrorIn(text: string, token: string): OAuthAnswerError | undefined {
  const document = Object(jsonIn(text));
  const error = own(document, 'error');
  if (typeof error !== 'string' || error.length > MAX_CODE_LENGTH || !isCode(error)) return undefined;
  const repeatsToken = (one: string): boolean => token.length >= SHORTEST_TOKEN && one.includes(token);
  if (repeatsToken(error)) return undefined;
  const claims = own(document, 'claims');
  const isUsable = typeof claims === 'string' && isHeaderText(claims) && !repeatsToken(claims);
  return { error, claims: isUsable ? claims : undefined };
}

/** Claims may be sent on to the client in a header. */
const isHeaderText = (text: string): boolean => text.length <= MAX_CLAIMS_LENGTH && /^[ -~]*$/.test(text);

/** Parses JSON. `undefined` for any other text. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The codes of all specifications are of these characters. RFC 6749 allows more, such as a code with a token beside it. */
const isCode = (text: string): boolean => /^[\w.:/-]+$/.test(text);
