import type { RevocationHook } from '../config/schema.js';
import { AuthError } from '../errors.js';
import { CLOCK_MARGIN, secondsNow } from '../shared/clock.js';
import { own } from '../shared/own-properties.js';
import type { TokenPayload, VerifyFailure } from '../types.js';
import { revoke } from './hooks.js';
import type { Verify } from './observe.js';

/** The `revoke` of a client, with the client's `verify`, list and `clockTolerance`. */
export async function revokeBy(
  input: unknown,
  verify: Verify,
  revocation: RevocationHook | undefined,
  clockTolerance: number,
): Promise<void> {
  if (!canRevoke(revocation)) {
    throw new AuthError(
      'ERR_NO_REVOCATION',
      'Revoking needs a "revocation" option with a "revoke" method in the configuration.',
    );
  }
  let isSigned = false;
  const { valid, payload, reason, message } = await verify(input, () => {
    isSigned = true;
  });
  if (reason === 'expired' && hasEnded(payload, clockTolerance)) return;
  // A token that is not valid yet will become valid. A client with another `maxTokenAge` or clock may still accept one
  // that is expired here. If an older token with the same `jti` was revoked, its entry may end before this token expires.
  if (valid || reason === 'not_yet_valid' || reason === 'expired' || reason === 'revoked') {
    return revoke(revocation, payload, clockTolerance);
  }
  throw new AuthError(
    'ERR_TOKEN_REFUSED',
    `The token was not revoked, because it was refused: ${message} ${isSigned ? ofSigned(reason) : MAY_BE_VALID}`,
  );
}

const canRevoke = (list: RevocationHook | undefined): list is Required<RevocationHook> =>
  list?.revoke !== undefined;

/** Without a valid signature, the text may be a damaged copy of a valid token. Its claims prove nothing. */
const MAY_BE_VALID =
  'If this is a damaged copy, the token itself may still be valid: try again with the whole token.';

/** What a refusal means for a token that is as its issuer signed it. Some rules for claims depend on the time. */
const ofSigned = (reason: VerifyFailure): string =>
  reason === 'claim'
    ? 'It is not accepted here as long as this is so: try again if that changes.'
    : 'It is not accepted here, so there is nothing to revoke.';

/** True if the token has expired even for a process whose clock is a minute behind. */
function hasEnded(payload: TokenPayload, clockTolerance: number): boolean {
  const expiry = own(payload, 'exp');
  return typeof expiry === 'number' && expiry + clockTolerance + CLOCK_MARGIN <= secondsNow();
}
