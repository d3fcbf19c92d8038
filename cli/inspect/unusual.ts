import { mistypedClaim } from '../../src/claims/check.js';
import { own } from '../../src/shared/own-properties.js';
import { readTime, span } from '../../src/shared/readable-time.js';
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from '../../src/signature/algorithms.js';
import { FOR_GRAPH, isForGraph, sentencesOf } from '../../src/token/mistakes.js';
import { shownValue } from '../bounded.js';
import type { ReadableToken } from '../read-token.js';

const DAY = 86_400;

/** Many web servers allow 8 KiB for a header. Node allows 16 KiB for all headers. */
const MAX_USUAL_LENGTH = 7168;

/** In seconds, this is the year 5138; in milliseconds, 1973. So a larger value is in milliseconds. */
const IN_MILLISECONDS = 1e11;

const ALGORITHMS: readonly unknown[] = [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS];

/** Lists what is unusual about a token, the most serious first. `now` is in milliseconds since the epoch. */
export function unusual(token: ReadableToken, now: number): string[] {
  const added = token.added.map(sentencesOf);
  return [
    ...added,
    ...ofSignature(token),
    ...ofHeader(token),
    ...ofTimes(token, now / 1000),
    ...ofClaims(token),
  ];
}

function* ofSignature({ header, isSigned }: ReadableToken): Iterable<string> {
  const alg = own(header, 'alg');
  if (typeof alg === 'string' && alg.toLowerCase() === 'none') {
    yield 'The token is not signed ("alg" is "none"), so anyone could have made it.';
    return;
  }
  if (!isSigned) yield 'The token has no signature, so anyone could have made it.';
  if (alg === undefined) yield 'The token names no algorithm ("alg"), so it is not a signed token.';
  else if (!ALGORITHMS.includes(alg))
    yield `The algorithm is ${shownValue(alg)}, which this package does not support.`;
}

function* ofHeader({ header, compact }: ReadableToken): Iterable<string> {
  const [alg, kid, crit] = ['alg', 'kid', 'crit'].map((name) => own(header, name));
  const isHmac = HMAC_ALGORITHMS.some((name) => name === alg);
  if (isHmac && kid !== undefined) {
    yield `The token is signed with a secret (${alg}) but names a key ("kid"); identity providers that publish keys sign with RS256 or ES256.`;
  }
  if (!isHmac && ALGORITHMS.includes(alg) && kid === undefined) {
    yield 'The token names no key ("kid"), so a verifier has to try all keys.';
  }
  if (isForGraph(header)) yield sentencesOf(FOR_GRAPH);
  if (crit !== undefined) {
    yield `The token requires an extension, ${shownValue(crit)} ("crit"); this package refuses such tokens.`;
  }
  const brought = ['jwk', 'jku', 'x5c', 'x5u'].filter((name) => Object.hasOwn(header, name));
  if (brought.length > 0) {
    yield `The token brings its own key (${brought.join(', ')}), which a verifier must not trust; this package ignores it.`;
  }
  if (compact.length > MAX_USUAL_LENGTH) {
    yield `The token is ${Math.round(compact.length / 1024)} KiB long; many servers refuse headers of more than 8 KiB.`;
  }
}

function* ofTimes({ claims }: ReadableToken, now: number): Iterable<string> {
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => own(claims, name));
  const inMilliseconds = Object.entries({ exp, nbf, iat }).filter(
    // `Number` of a deeply nested list would overflow the stack, so only numbers and strings are converted.
    ([, value]) =>
      (typeof value === 'number' || typeof value === 'string') && Number(value) > IN_MILLISECONDS,
  );
  if (inMilliseconds.length > 0) {
    const names = inMilliseconds.map(([name]) => `"${name}"`).join(', ');
    yield `Times must be in seconds since the epoch, but these look like milliseconds: ${names}.`;
    return;
  }
  if (exp === undefined) yield 'The token never expires: it has no "exp".';
  if (typeof exp === 'number') {
    if (exp <= now) yield `The token expired ${readTime(exp, now * 1000)?.relative}.`;
    const from = typeof iat === 'number' ? iat : now;
    if (typeof iat === 'number' && exp <= iat)
      yield 'The token expires before it was issued: "exp" is not after "iat".';
    else if (exp - from > 7 * DAY)
      yield `The token is valid for ${span(exp - from)}; if it is stolen, only a revocation list can stop it.`;
  }
  if (typeof nbf === 'number' && nbf > now) {
    yield `The token is not valid yet: "nbf" is ${readTime(nbf, now * 1000)?.relative}; if that is not intended, compare the clocks.`;
  }
  if (typeof iat === 'number' && iat > now + 1) {
    yield `The token was issued in the future: "iat" is ${readTime(iat, now * 1000)?.relative}; compare the clocks.`;
  }
}

function* ofClaims({ claims }: ReadableToken): Iterable<string> {
  if (!Object.hasOwn(claims, 'iss')) yield 'The token has no issuer ("iss").';
  if (!Object.hasOwn(claims, 'aud')) yield 'The token has no audience ("aud"), so any API may accept it.';
  const mistyped = mistypedClaim(claims);
  if (mistyped)
    yield `The claim "${mistyped}" is ${shownValue(own(claims, mistyped))}, which is not the type that RFC 7519 requires.`;
  if (Object.hasOwn(claims, 'cnf')) {
    yield 'The token is bound to a key ("cnf"); refuse it without a proof of that key, for example as a bearer token.';
  }
}
