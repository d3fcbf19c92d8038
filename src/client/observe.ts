import { type BrokenRule, type ClaimRules, REGISTERED_CLAIMS } from '../claims/check.js';
import { clientIdOf } from '../claims/client-id.js';
import type { Signed, Verdict, VerdictHandler } from '../config/options.js';
import { AuthError } from '../errors.js';
import { monotonicNow } from '../shared/clock.js';
import { own } from '../shared/own-properties.js';
import type { TokenPayload, VerifyResult } from '../types.js';

/**
 * Called as soon as a token's signature is valid, or its issuer says that it is active, before its claims are checked.
 * `keyId` is the `kid` header.
 */
export type SignedHandler = (signed: { readonly keyId: unknown; readonly rules: ClaimRules }) => void;

/** A further check of the claims, which gets a copy of them. Returns the rule that the token breaks. */
export type ClaimsCheck = (claims: TokenPayload) => Promise<BrokenRule | undefined>;

/** The `verify` of a client, for this package. */
export type Verify = (token: unknown, onSigned?: SignedHandler, check?: ClaimsCheck) => Promise<VerifyResult>;

/** Wraps `verify` so that the handler receives each verdict and each error. */
export function observed(verify: Verify, handler: VerdictHandler): Verify {
  return async (token, onSigned, check) => {
    const began = monotonicNow();
    let keyId: unknown;
    const tell = (valid: boolean, reason: Verdict['reason'], payload: TokenPayload): void =>
      handler(
        defined<Verdict>({
          valid,
          reason,
          issuer: textIn(payload, 'iss'),
          subject: textIn(payload, 'sub'),
          clientId: clientIdOf(payload),
          jti: textIn(payload, 'jti'),
          keyId: typeof keyId === 'string' ? keyId : undefined,
          milliseconds: monotonicNow() - began,
        }),
      );
    try {
      const onBoth: SignedHandler = (signed) => {
        keyId = signed.keyId;
        onSigned?.(signed);
      };
      const result = await verify(token, onBoth, check);
      tell(result.valid, result.reason, result.payload);
      return result;
    } catch (error) {
      tell(false, error instanceof AuthError ? error.code : undefined, {});
      throw error;
    }
  };
}

const textIn = (payload: TokenPayload, name: string): string | undefined => {
  const value = own(payload, name);
  return typeof value === 'string' ? value : undefined;
};

/** Leaves out the members that are `undefined`. */
const defined = <T extends object>(members: { readonly [Name in keyof T]: T[Name] | undefined }): T =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;

/** What `onSign` is told about a token, by its claims as JSON. */
export function signedOf(json: string, keyId: string | undefined): Signed {
  const claims: TokenPayload = JSON.parse(json);
  return defined<Signed>({
    subject: textIn(claims, 'sub'),
    jti: textIn(claims, 'jti'),
    keyId,
    claimNames: Object.keys(claims).filter((name) => !REGISTERED_CLAIMS.includes(name)),
    expiresAt: claims.exp as number,
  });
}
