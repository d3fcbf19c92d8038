import { type ClaimRules, checkClaims } from '../../src/claims/check.js';
import { AuthError } from '../../src/errors.js';
import { secondsNow } from '../../src/shared/clock.js';
import { own } from '../../src/shared/own-properties.js';
import { sha256 } from '../../src/shared/runtime.js';
import { Malformed, parseToken, readClaims } from '../../src/token/parse.js';
import {
  LARGE_PROOF,
  MALFORMED_PROOF,
  NO_PROOF,
  NO_PROOF_ID,
  Refusal,
  SEVERAL_PROOFS,
  STALE_PROOF,
  unavailable,
  WRONG_KEY,
  WRONG_METHOD,
  WRONG_TOKEN,
  WRONG_URL,
} from '../refusals.js';
import { importProofKey, type ProofKey, ProofKeys } from './proof-keys.js';

const MAX_PROOF_LENGTH = 8 * 1024;
const MAX_REMEMBERED_KEYS = 1000;

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

/** Checks everything about a DPoP proof except replay. It never rejects. @see RFC 9449 section 4.3 */
export type ProofCheck = (value: string | undefined, request: ProvenRequest) => Promise<Proof | Refusal>;

/** Creates the check of a gate, which remembers the keys of the clients whose proofs it accepted. */
export function createProofCheck(): ProofCheck {
  const keys = new ProofKeys(MAX_REMEMBERED_KEYS);

  return async (value, request) => {
    if (!value) return NO_PROOF;
    if (value.length > MAX_PROOF_LENGTH) return LARGE_PROOF;
    if (value.includes(',')) return SEVERAL_PROOFS;

    const proof = parseToken(value, keys.headers);
    if (proof instanceof Malformed) return MALFORMED_PROOF;
    const claims = readClaims(proof);
    if (claims instanceof Malformed) return MALFORMED_PROOF;
    let key: ProofKey | Refusal;
    try {
      key = keys.get(proof.header) ?? (await importProofKey(proof.header, request.thumbprint));
      if (key instanceof Refusal) return key;
      // A remembered key may be that of another token.
      if (key.thumbprint !== request.thumbprint) return WRONG_KEY;
      if ((await key.verify(proof)) !== 'valid') return MALFORMED_PROOF;
    } catch (cause) {
      return cause instanceof AuthError ? unavailable(cause.retryAfter, cause) : MALFORMED_PROOF;
    }
    const broken = checkClaims(claims, proof.header.typ, RULES, secondsNow());
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
    keys.add(proof, key);
    return {
      id: await sha256(`${request.thumbprint} ${jti}`, 'base64url'),
      acceptedUntil: (iat + request.maxAge) * 1000,
    };
  };
}

/** The rules for `typ` and the registered claims. Nothing is required here, because each check has its own refusal. */
const RULES: ClaimRules = {
  typ: 'dpop+jwt',
  issuer: undefined,
  audience: undefined,
  clientIds: undefined,
  requiredClaims: [],
  maxTokenAge: undefined,
  clockTolerance: 0,
};

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
