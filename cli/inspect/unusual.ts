import { mistypedClaim } from '../../src/claims/check.js';
import { own } from '../../src/shared/own-properties.js';
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from '../../src/signature/algorithms.js';
import type { ReadableToken } from '../read-token.js';
import { shownValue } from '../text.js';
import { readTime, span } from './times.js';

const DAY = 86_400;

/** Web servers take 8 KiB of a header, and Node 16 KiB of all of them. */
const MAX_USUAL_LENGTH = 7168;

/** Later than any time in seconds that makes sense, and earlier than any of today in milliseconds. */
const IN_MILLISECONDS = 1e11;

const ALGORITHMS: readonly unknown[] = [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS];

/** What is unusual about a token, one sentence each, the gravest first. `now` is in milliseconds since the epoch. */
export function unusual(token: ReadableToken, now: number): string[] {
  return [...ofSignature(token), ...ofHeader(token), ...ofTimes(token, now / 1000), ...ofClaims(token)];
}

function* ofSignature({ header, isSigned }: ReadableToken): Iterable<string> {
  const alg = own(header, 'alg');
  if (typeof alg === 'string' && alg.toLowerCase() === 'none') {
    yield 'Its algorithm is "none": nobody signed it, so anyone can have made it.';
    return;
  }
  if (!isSigned) yield 'It has no signature, so anyone can have made it.';
  if (alg === undefined) yield 'It names no algorithm ("alg"), so it is not a signed token.';
  else if (!ALGORITHMS.includes(alg))
    yield `Its algorithm is ${shownValue(alg)}, which this package does not know.`;
}

function* ofHeader({ header, compact }: ReadableToken): Iterable<string> {
  const [alg, kid, crit] = ['alg', 'kid', 'crit'].map((name) => own(header, name));
  const isHmac = HMAC_ALGORITHMS.some((name) => name === alg);
  if (isHmac && kid !== undefined) {
    yield `It is signed by a secret (${alg}) and names a key ("kid"); identity providers with keys sign by RS256 or ES256.`;
  }
  if (!isHmac && ALGORITHMS.includes(alg) && kid === undefined) {
    yield 'It names no key ("kid"), so a verifier has to try all keys.';
  }
  if (crit !== undefined) {
    yield `It demands that a verifier understand ${shownValue(crit)} ("crit"); this package refuses it.`;
  }
  const brought = ['jwk', 'jku', 'x5c', 'x5u'].filter((name) => Object.hasOwn(header, name));
  if (brought.length > 0) {
    yield `It brings its own key (${brought.join(', ')}), which a verifier must not trust; this package ignores it.`;
  }
  if (compact.length > MAX_USUAL_LENGTH) {
    yield `It is ${Math.round(compact.length / 1024)} KiB long; many servers refuse headers of more than 8 KiB.`;
  }
}

function* ofTimes({ claims }: ReadableToken, now: number): Iterable<string> {
  const [exp, nbf, iat] = ['exp', 'nbf', 'iat'].map((name) => own(claims, name));
  const inMilliseconds = Object.entries({ exp, nbf, iat }).filter(
    ([, value]) => Number(value) > IN_MILLISECONDS,
  );
  if (inMilliseconds.length > 0) {
    const names = inMilliseconds.map(([name]) => `"${name}"`).join(', ');
    yield `${names} must be in seconds since the epoch, and looks like milliseconds.`;
    return;
  }
  if (exp === undefined) yield 'It never expires: there is no "exp".';
  if (typeof exp === 'number') {
    if (exp <= now) yield `It expired ${readTime(exp, now * 1000)?.relative}.`;
    const from = typeof iat === 'number' ? iat : now;
    if (typeof iat === 'number' && exp <= iat)
      yield 'It expires before it was issued: "exp" is not after "iat".';
    else if (exp - from > 7 * DAY)
      yield `It lives for ${span(exp - from)}; nobody can call it back before that.`;
  }
  if (typeof nbf === 'number' && nbf > now) {
    yield `It is not valid yet: "nbf" is ${readTime(nbf, now * 1000)?.relative}; if that is no plan, compare the clocks.`;
  }
  if (typeof iat === 'number' && iat > now + 1) {
    yield `It was issued in the future: "iat" is ${readTime(iat, now * 1000)?.relative}; compare the clocks.`;
  }
}

function* ofClaims({ claims }: ReadableToken): Iterable<string> {
  if (!Object.hasOwn(claims, 'iss')) yield 'It does not say who issued it: there is no "iss".';
  if (!Object.hasOwn(claims, 'aud')) yield 'It is for anyone: there is no "aud".';
  const mistyped = mistypedClaim(claims);
  if (mistyped)
    yield `Its "${mistyped}" is ${shownValue(own(claims, mistyped))}, which is not of the type that RFC 7519 asks for.`;
  if (Object.hasOwn(claims, 'cnf')) {
    yield 'It is bound to a key of its holder ("cnf"): without a proof of that key, as a bare Bearer token, refuse it.';
  }
}
