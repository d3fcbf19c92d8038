import { calculateJwkThumbprint, compactVerify, importJWK, type JWK } from 'jose';
import { type ClaimRules, checkClaims } from '../../src/claims/check.js';
import { usableKey } from '../../src/keys/remote/usable-key.js';
import { own, withoutPrototype } from '../../src/shared/own-properties.js';
import { sha256 } from '../../src/shared/runtime.js';
import { HeaderMemory } from '../../src/token/header.js';
import { Malformed, parseToken, readClaims } from '../../src/token/parse.js';
import {
  LARGE_PROOF,
  MALFORMED_PROOF,
  NO_PROOF,
  NO_PROOF_ID,
  type Refusal,
  SEVERAL_PROOFS,
  STALE_PROOF,
  WRONG_KEY,
  WRONG_METHOD,
  WRONG_TOKEN,
  WRONG_URL,
} from '../refusals.js';

/** The accepted algorithms of a proof: those of the official client, all asymmetric. */
export const PROOF_ALGORITHMS = [
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
  ...['PS256', 'PS384', 'PS512', 'RS256', 'RS384', 'RS512'],
];
const MAX_PROOF_LENGTH = 8 * 1024;

/** The request that a proof must be for. */
export interface ProvenRequest {
  readonly method: string;
  /** Origin and path. */
  readonly url: string;
  readonly token: string;
  /** The thumbprint of the key to which the token is bound. */
  readonly thumbprint: string;
  /** In seconds. */
  readonly maxAge: number;
}

/** A valid proof. Replay is checked separately. */
export interface Proof {
  /** A hash of the key and the `jti`, so that its length does not depend on the client. */
  readonly id: string;
  /** When the proof becomes too old, in milliseconds since the epoch. */
  readonly acceptedUntil: number;
}

/** Checks everything about a DPoP proof except replay. @see RFC 9449 section 4.3 */
export async function checkProof(
  value: string | undefined,
  request: ProvenRequest,
): Promise<Proof | Refusal> {
  if (!value) return NO_PROOF;
  if (value.length > MAX_PROOF_LENGTH) return LARGE_PROOF;
  if (value.includes(',')) return SEVERAL_PROOFS;

  const proof = parseToken(value, NO_HEADERS);
  if (proof instanceof Malformed) return MALFORMED_PROOF;
  const claims = readClaims(proof);
  if (claims instanceof Malformed) return MALFORMED_PROOF;
  const { alg, typ, jwk } = proof.header;
  const key = usableKey(jwk);
  if (typeof key === 'string' || !PROOF_ALGORITHMS.includes(alg) || (key.alg ?? alg) !== alg) {
    return MALFORMED_PROOF;
  }
  if (!isCanonical(jwk as JWK, key)) return MALFORMED_PROOF;
  try {
    // The thumbprint comes first, because a signature is expensive to verify and only the key of the token can pass.
    if ((await calculateJwkThumbprint(jwk as JWK)) !== request.thumbprint) return WRONG_KEY;
    await compactVerify(value, await importJWK(key, alg), withoutPrototype({ algorithms: [alg] }));
  } catch {
    return MALFORMED_PROOF;
  }
  const broken = checkClaims(claims, typ, RULES, Math.floor(Date.now() / 1000));
  if (broken) return broken.reason === 'claim' ? MALFORMED_PROOF : STALE_PROOF;

  if (own(claims, 'htm') !== request.method) return WRONG_METHOD;
  const htu = normalised(own(claims, 'htu'));
  if (htu === undefined || htu !== normalised(request.url)) return WRONG_URL;
  const iat = own(claims, 'iat');
  if (typeof iat !== 'number' || !(Math.abs(Date.now() / 1000 - iat) <= request.maxAge)) {
    return STALE_PROOF;
  }
  if (own(claims, 'ath') !== (await sha256(request.token, 'base64url'))) return WRONG_TOKEN;
  const jti = own(claims, 'jti');
  if (typeof jti !== 'string' || jti === '') return NO_PROOF_ID;
  return {
    id: await sha256(`${request.thumbprint} ${jti}`, 'base64url'),
    acceptedUntil: (iat + request.maxAge) * 1000,
  };
}

/**
 * Whether the key of a proof is spelled as RFC 7518 requires. A thumbprint is a hash of the text, so that another spelling of
 * the same key would have another thumbprint.
 *
 * @see RFC 7638 section 7
 */
const isCanonical = (jwk: JWK, key: JWK): boolean =>
  (['n', 'e', 'x', 'y'] as const).every((name) => key[name] === undefined || key[name] === jwk[name]);

/** The rules for `typ` and the registered claims. Nothing is required here, because each check has its own refusal. */
const RULES: ClaimRules = {
  typ: 'dpop+jwt',
  issuer: undefined,
  audience: undefined,
  requiredClaims: [],
  maxTokenAge: undefined,
  clockTolerance: 0,
};

// Every client has another key in its header, so remembering headers would not help.
const NO_HEADERS = new HeaderMemory(0);

/**
 * A URL as proofs are compared: normalised, without query and fragment. It is `undefined` for a value that is not a URL.
 *
 * @see RFC 3986 sections 6.2.2 and 6.2.3
 */
function normalised(url: unknown): string | undefined {
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { origin, pathname } = new URL(url);
  // The URL parser does not normalise the percent encoding.
  return `${origin}${pathname.replace(/%[\da-f]{2}/gi, (encoded) => {
    const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16));
    return /[\w.~-]/.test(character) ? character : encoded.toUpperCase();
  })}`;
}
