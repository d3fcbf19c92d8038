/** Why a request is refused. The sentence is fixed: it repeats nothing of the request. */
export class Refusal {
  readonly status: 400 | 401 | 403 | 503;
  /** The error code of RFC 6750 section 3.1 or RFC 9449 section 12.2. A request without a token gets none. */
  readonly error: string | undefined;
  readonly description: string;
  /** Seconds until it is worth to try again. */
  readonly retryAfter: number | undefined;
  /** What was thrown instead of a verdict. It is never shown. */
  readonly cause: unknown;

  constructor(
    status: Refusal['status'],
    error: string | undefined,
    description: string,
    { retryAfter, cause }: { retryAfter?: number; cause?: unknown } = {},
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
export const NOT_ONE_TOKEN = invalidRequest('The Authorization value is not a scheme and one token.');

export const NO_EXPIRY = invalidToken('The token has no expiry.');
export const OTHER_AUDIENCE = invalidToken('The token is not for this resource.');
export const BOUND_TOKEN = invalidToken('The token is bound to a key and is no bearer token.');
export const BEARER_TOKEN = invalidToken('The token must be presented by the DPoP scheme.');
export const UNBOUND_TOKEN = invalidToken('The token is not bound to the key of a DPoP proof.');
export const OTHER_KEY = invalidToken('The DPoP proof is not by the key to which the token is bound.');

export const NO_PROOF = invalidProof('The request has no DPoP proof.');
export const SEVERAL_PROOFS = invalidProof('The request has more than one DPoP proof.');
export const LARGE_PROOF = invalidProof('The DPoP proof is larger than 8 KiB.');
export const FALSE_PROOF = invalidProof(
  'The DPoP proof is not a JWT of type dpop+jwt, signed by the public key in its header.',
);
export const OTHER_METHOD = invalidProof('The DPoP proof is for another method.');
export const OTHER_URL = invalidProof('The DPoP proof is for another URL.');
export const OTHER_TOKEN = invalidProof('The DPoP proof is for another token.');
export const OLD_PROOF = invalidProof('The DPoP proof is not of this time.');
export const NO_PROOF_ID = invalidProof('The DPoP proof has no id.');
export const USED_PROOF = invalidProof('The DPoP proof was used before.');

export const INSUFFICIENT_SCOPE = new Refusal(
  403,
  'insufficient_scope',
  'The token lacks a scope that is needed.',
);

/** There is no verdict, so nobody may be sent to get a new token. */
export const unavailable = (retryAfter = 5, cause?: unknown): Refusal =>
  new Refusal(503, 'temporarily_unavailable', 'The token cannot be checked at present.', {
    retryAfter,
    cause,
  });

/** By the reason why `verify` refuses a token. */
const BY_REASON = new Map<string, Refusal>([
  ['malformed', invalidToken('The token is malformed.')],
  ['algorithm', invalidToken('The token is signed by an algorithm that is not accepted.')],
  ['key', invalidToken('The token is signed by an unknown key.')],
  ['signature', invalidToken('The token has a false signature.')],
  ['expired', invalidToken('The token has expired.')],
  ['not_yet_valid', invalidToken('The token is not valid yet.')],
  ['issuer', invalidToken('The token is from another issuer.')],
  ['audience', OTHER_AUDIENCE],
  ['claim', invalidToken('The token lacks a claim that is needed.')],
  ['revoked', invalidToken('The token was revoked.')],
]);
const NOT_VALID = invalidToken('The token is not valid.');

export const refusalFor = (reason: string | undefined): Refusal => BY_REASON.get(reason ?? '') ?? NOT_VALID;
