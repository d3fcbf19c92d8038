import type { VerifyFailure } from '../src/types.js';

/** Why a request is refused. The sentence is fixed, so it never repeats a part of the request. */
export class Refusal {
  readonly status: 400 | 401 | 403 | 503;
  /** The error code of RFC 6750 section 3.1 or RFC 9449 section 12.2. A request without a token has none. */
  readonly error: string | undefined;
  readonly description: string;
  /** With status 503: the whole seconds after which to try again. */
  readonly retryAfter: number | undefined;
  /** With status 503: the error that stopped the verification. It is never shown to the caller of the server. */
  readonly cause: unknown;

  constructor(
    status: Refusal['status'],
    error: string | undefined,
    description: string,
    retryAfter?: number,
    cause?: unknown,
  ) {
    this.status = status;
    this.error = error;
    this.description = description;
    this.retryAfter = retryAfter;
    this.cause = cause;
  }
}

const invalidRequest = (description: string) => new Refusal(400, 'invalid_request', description);
const invalidToken = (description: string) => new Refusal(401, 'invalid_token', description);
const invalidProof = (description: string) => new Refusal(401, 'invalid_dpop_proof', description);

export const NO_TOKEN = new Refusal(401, undefined, 'The request has no access token.');
export const TOKEN_IN_QUERY = invalidRequest('The access token must not be in the query.');
export const SEVERAL_TOKENS = invalidRequest('The request has more than one Authorization value.');
export const MALFORMED_AUTHORIZATION = invalidRequest(
  'The Authorization value must be a scheme and one token.',
);

export const NO_EXPIRY = invalidToken('The token has no expiry.');
export const WRONG_AUDIENCE = invalidToken('The token is not for this resource.');
export const BOUND_TOKEN = invalidToken('This token is bound to a key and cannot be used as a bearer token.');
export const UNBOUND_TOKEN = invalidToken(
  'This token is not bound to a key and cannot be used with the DPoP scheme.',
);
export const BEARER_TOKEN = invalidToken('The token must be sent with the DPoP scheme.');
export const WRONG_KEY = invalidToken('The DPoP proof is signed with another key than that of the token.');

export const NO_PROOF = invalidProof('The request has no DPoP proof.');
export const SEVERAL_PROOFS = invalidProof('The request has more than one DPoP proof.');
export const LARGE_PROOF = invalidProof('The DPoP proof is larger than 8 KiB.');
export const MALFORMED_PROOF = invalidProof(
  'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
);
export const WRONG_METHOD = invalidProof('The DPoP proof is for another method.');
export const WRONG_URL = invalidProof('The DPoP proof is for another URL.');
export const WRONG_TOKEN = invalidProof('The DPoP proof is for another token.');
export const STALE_PROOF = invalidProof('The DPoP proof is too old or from the future.');
export const NO_PROOF_ID = invalidProof('The DPoP proof has no jti claim.');
export const REPLAYED_PROOF = invalidProof('The DPoP proof was already used.');

export const INSUFFICIENT_SCOPE = new Refusal(403, 'insufficient_scope', 'The token lacks a required scope.');

/**
 * The claims do not match the schema of the option `claims`.
 *
 * @param path the claim that does not match, in characters that are safe to show. Empty if the claims as a whole do not match.
 */
export const wrongClaim = (path: string): Refusal =>
  invalidToken(
    path === ''
      ? 'The claims of the token are not those that are required.'
      : `The claim ${path.replaceAll('…', '...')} of the token is missing or wrong.`,
  );

/** The token may be valid, so the client must not be sent to get a new one. */
export const unavailable = (retryAfter = 5, cause?: unknown): Refusal =>
  new Refusal(503, 'temporarily_unavailable', 'The token cannot be verified right now.', retryAfter, cause);

/** The refusal for each reason of `verify`. A missing reason does not compile. */
const BY_REASON = {
  malformed: invalidToken('The token is malformed.'),
  algorithm: invalidToken('The token is signed with an algorithm that is not accepted.'),
  key: invalidToken('The token is signed with an unknown key.'),
  signature: invalidToken("The token's signature is invalid."),
  expired: invalidToken('The token has expired.'),
  not_yet_valid: invalidToken('The token is not valid yet.'),
  issuer: invalidToken('The token is from another issuer.'),
  audience: WRONG_AUDIENCE,
  client: invalidToken('The token does not name an accepted client.'),
  claim: invalidToken('A required claim of the token is missing or wrong.'),
  revoked: invalidToken('The token was revoked.'),
  inactive: invalidToken('The token is not active.'),
} satisfies Record<VerifyFailure, Refusal>;

// A verifier of another library may give any reason, also the name of a member of Object.prototype.
const REFUSALS = new Map<unknown, Refusal>(Object.entries(BY_REASON));
const INVALID_TOKEN = invalidToken('The token is not valid.');

/** The refusal for a reason of `verify`, or a general one for a reason that this package does not have. */
export const refusalFor = (reason: unknown): Refusal => REFUSALS.get(reason) ?? INVALID_TOKEN;
