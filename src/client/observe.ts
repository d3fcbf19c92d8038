import type { AuthError, AuthErrorCode } from '../errors.js';
import { own } from '../shared/own-properties.js';
import { monotonicNow } from '../shared/runtime.js';
import type { HeaderMemory } from '../token/header.js';
import type { TokenPayload, VerifyFailure, VerifyResult } from '../types.js';

/**
 * What became of one `verify`, for audit and metrics. It never holds the token. The claims are there only when the
 * signature was good; `keyId` may be copied by a forger.
 */
export interface Verdict {
  /** Whether the token was accepted. */
  readonly valid: boolean;
  /** Why it was not. The code of an error says that there is no verdict. It is absent when `valid` is true. */
  readonly reason?: VerifyFailure | AuthErrorCode;
  /** The `iss` claim. */
  readonly issuer?: string;
  /** The `sub` claim. */
  readonly subject?: string;
  /** Who uses the token: the first text among the claims `client_id`, `azp`, `cid` and `appid`. */
  readonly clientId?: string;
  /** The `jti` claim. */
  readonly jti?: string;
  /** The `kid` header, when a token with the same header, this one or an earlier one, had a good signature. */
  readonly keyId?: string;
  /** How long `verify` took, with all that it waited for. */
  readonly milliseconds: number;
}

/** Receives each verdict. It may throw, reject or hang: a broken log must not break authentication. */
export type VerdictHandler = (verdict: Verdict) => void;

type Verify = (token: unknown) => Promise<VerifyResult>;

/** A `verify` that tells the handler of each verdict, and of each time that there is none. */
export function observed(verify: Verify, handler: VerdictHandler, verifiedHeaders: HeaderMemory): Verify {
  return async (token) => {
    const began = monotonicNow();
    const tell = (valid: boolean, reason: Verdict['reason'], payload: TokenPayload): void => {
      const text = (...names: readonly string[]): string | undefined =>
        names.map((name) => own(payload, name)).find((value) => typeof value === 'string');
      const keyId = typeof token === 'string' ? verifiedHeaders.get(headerSegment(token))?.kid : undefined;
      handler({
        valid,
        ...given('reason', reason),
        ...given('issuer', text('iss')),
        ...given('subject', text('sub')),
        ...given('clientId', text('client_id', 'azp', 'cid', 'appid')),
        ...given('jti', text('jti')),
        ...given('keyId', typeof keyId === 'string' ? keyId : undefined),
        milliseconds: monotonicNow() - began,
      });
    };
    try {
      const result = await verify(token);
      tell(result.valid, result.reason, result.payload);
      return result;
    } catch (error) {
      tell(false, (error as AuthError).code, {});
      throw error;
    }
  };
}

const headerSegment = (token: string): string => token.slice(0, Math.max(0, token.indexOf('.')));

const given = <Name extends string, Value>(name: Name, value: Value | undefined) =>
  value === undefined ? {} : { [name]: value };
