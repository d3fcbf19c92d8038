import {
  base64url,
  calculateJwkThumbprint,
  decodeProtectedHeader,
  EmbeddedJWK,
  type JWK,
  jwtVerify,
} from 'jose';
import { usableKey } from '../../src/keys/remote/usable-key.js';
import { own } from '../../src/shared/own-properties.js';
import {
  FALSE_PROOF,
  LARGE_PROOF,
  NO_PROOF,
  NO_PROOF_ID,
  OLD_PROOF,
  OTHER_KEY,
  OTHER_METHOD,
  OTHER_TOKEN,
  OTHER_URL,
  type Refusal,
  SEVERAL_PROOFS,
} from '../refusals.js';

/** The algorithms by which a proof may be signed: those of the official client, all asymmetric. */
export const PROOF_ALGORITHMS = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
];
const MAX_PROOF_LENGTH = 8 * 1024;

/** What a proof must be about. */
export interface Demanded {
  readonly method: string;
  /** Origin and path. */
  readonly url: string;
  readonly token: string;
  /** The thumbprint of the key to which the token is bound. */
  readonly thumbprint: string;
  /** In seconds. */
  readonly maxAge: number;
}

/** A good proof, of which only remains to be seen whether it was used before. */
export interface Proof {
  /** The same for the same `jti` by the same key, and as long for every `jti`. */
  readonly id: string;
  /** Until when, in milliseconds since the epoch, the proof would be accepted again. */
  readonly acceptedUntil: number;
}

/** Checks a DPoP proof but for its being new. @see RFC 9449 section 4.3 */
export async function checkProof(value: string | undefined, demanded: Demanded): Promise<Proof | Refusal> {
  if (!value) return NO_PROOF;
  if (value.length > MAX_PROOF_LENGTH) return LARGE_PROOF;
  if (value.includes(',')) return SEVERAL_PROOFS;

  let claims: object;
  try {
    // The key first: only the one to which the token is bound is worth the work of a verification.
    const header = decodeProtectedHeader(value);
    const jwk = own(header, 'jwk') as JWK;
    // A weak key costs more to try, or proves nothing. jose checks what the type is, but not whose member it is.
    if (typeof usableKey(jwk) === 'string' || !Object.hasOwn(header, 'typ')) return FALSE_PROOF;
    if ((await calculateJwkThumbprint(jwk)) !== demanded.thumbprint) return OTHER_KEY;
    ({ payload: claims } = await jwtVerify(value, EmbeddedJWK, OPTIONS));
  } catch {
    return FALSE_PROOF;
  }

  if (own(claims, 'htm') !== demanded.method) return OTHER_METHOD;
  if (normalised(own(claims, 'htu')) !== normalised(demanded.url)) return OTHER_URL;
  const iat = own(claims, 'iat');
  if (typeof iat !== 'number' || !(Math.abs(Date.now() / 1000 - iat) <= demanded.maxAge)) {
    return OLD_PROOF;
  }
  if (own(claims, 'ath') !== (await hashOf(demanded.token))) return OTHER_TOKEN;
  const jti = own(claims, 'jti');
  if (typeof jti !== 'string' || jti === '') return NO_PROOF_ID;
  return {
    id: await hashOf(`${demanded.thumbprint} ${jti}`),
    acceptedUntil: (iat + demanded.maxAge) * 1000,
  };
}

const OPTIONS = Object.assign(Object.create(null) as object, {
  algorithms: PROOF_ALGORITHMS,
  typ: 'dpop+jwt',
});

/**
 * A URL as proofs are compared: without query and fragment, by the rules of syntax and scheme. `undefined` for what is
 * no URL.
 *
 * @see RFC 3986 sections 6.2.2 and 6.2.3
 */
function normalised(url: unknown): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  // The URL parser leaves the percent encoding as it is.
  return `${origin}${pathname.replace(/%[\da-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
  })}`;
}

async function hashOf(text: string): Promise<string> {
  return base64url.encode(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))),
  );
}
