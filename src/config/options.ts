import type { AuthErrorCode } from '../errors.js';
import type { Store } from '../shared/store.js';
import type { WarningHandler } from '../shared/warnings.js';
import type { Algorithm, AsymmetricAlgorithm } from '../signature/algorithms.js';
import type { TokenPayload, VerifyFailure } from '../types.js';

/**
 * Rules for the claims of tokens. The top level has them, and so do `jwks` and each entry of `issuers`, where a rule is for
 * the tokens of these keys alone. There, the default of each rule is the rule of the top level.
 */
export interface ClaimRuleOptions {
  /**
   * Expected `iss`; with several, any one of them. At the top level, `sign` writes the first. Default: not checked.
   *
   * - In `jwks`: the issuer that these keys speak for. Set it beside a `secret`, so that neither can speak for the other.
   * - In an entry of `issuers`: required, and a single string. The top-level `issuer` is not its default.
   * @see RFC 7519 section 4.1.1, RFC 8725 section 3.8
   */
  issuer?: string | readonly string[];

  /**
   * Expected `aud`; with several, any one of them. At the top level, `sign` writes the first. Default: not checked.
   * @see RFC 7519 section 4.1.3
   */
  audience?: string | readonly string[];

  /**
   * Expected `typ` header, compared without case and without an `application/` prefix. `'at+jwt'` is RFC 9068's. At the top
   * level, `sign` writes it. Default: not checked, and `sign` writes `'JWT'`.
   * @see RFC 8725 section 3.11
   */
  typ?: string;

  /** Claims that must be present, such as `['exp', 'sub']`. Default: none beyond what other options imply. */
  requiredClaims?: readonly string[];

  /** The longest time since `iat`, such as `'12h'`, rounded to whole seconds; makes `iat` required. Default: no limit. */
  maxTokenAge?: string;
}

/**
 * Options of `createAuthProvider` and `createAuthClient`. Give `secret`, `jwksUrl` or `issuers`; `secret` goes with either
 * of the others.
 */
export interface AuthProviderConfig extends ClaimRuleOptions {
  /**
   * HMAC secret for `sign` and `verify`; text is used as its UTF-8 bytes. A list rotates without downtime: the
   * first signs, the others only verify, and are tried only when the signature does not match. Use at least as
   * many random bytes as the hash has (32 for HS256); a shorter secret works, with a warning.
   * @see RFC 7518 section 3.2
   */
  secret?: string | Uint8Array | readonly (string | Uint8Array)[];

  /**
   * URL of the identity provider's JSON Web Key Set, to verify its tokens. `https:`, or `http:` on a loopback
   * host. Fetched when first needed.
   * @see RFC 7517 section 5
   */
  jwksUrl?: string;

  /** How the keys behind `jwksUrl` are fetched and kept, and which tokens they may verify. */
  jwks?: JwksOptions;

  /**
   * Several identity providers, each with its own keys and rules, instead of `jwksUrl`. A token's `iss` selects the
   * entry, whose rules then demand that very `iss`. Top-level `audience`, `typ`, `requiredClaims` and `maxTokenAge` are
   * the defaults of each entry; a top-level `issuer` is that of the `secret` alone.
   * @see RFC 8725 section 3.8
   */
  issuers?: readonly IssuerOptions[];

  /**
   * With `secret`: the HMAC algorithm that signs and that is accepted, default `'HS256'`. With `jwksUrl` or `issuers`
   * alone: the one asymmetric algorithm accepted, default whichever the matching key is for.
   */
  algorithm?: Algorithm;

  /**
   * Lifetime of a signed token when `expiresIn` is not given, such as `'15m'`, rounded to whole seconds. Default `'1h'`, or
   * `maxExpiry` if that is less.
   */
  defaultExpiry?: string;

  /** The longest lifetime that `sign` grants, such as `'8h'`, rounded to whole seconds. Default: no limit. */
  maxExpiry?: string;

  /**
   * How far clocks may differ when `exp`, `nbf` and `maxTokenAge` are checked, such as `'30s'`, rounded to whole seconds:
   * `'0.4s'` is none. Default `'0s'`.
   */
  clockTolerance?: string;

  /**
   * Says which tokens are revoked: a list of `createRevocationList`, or anything with its methods. `verify` asks it last,
   * and has no verdict when it gives no answer. Default: no token is.
   */
  revocation?: Revocation;

  /**
   * Receives what became of each `verify`, for audit and metrics, before its caller does. What it throws or rejects is
   * ignored. Default: none.
   */
  onVerdict?: VerdictHandler;

  /** The key under which functions find the client: `ctx.providers[name]`. Default `'auth'`. */
  name?: string;

  /** Receives warnings. Default: `process.emitWarning`, else `console.warn`; never stdout. */
  onWarning?: WarningHandler;
}

/** The global `fetch`, named so that the types also compile where no library declares one. */
export type Fetch = typeof globalThis extends { fetch: infer Global }
  ? Global
  : (url: string, init: object) => Promise<object>;

/** Options for the keys behind `jwksUrl`. Durations are text, such as `'5s'` or `'10m'`. */
export interface JwksOptions extends ClaimRuleOptions {
  /**
   * The asymmetric algorithms that these keys may verify, such as `['RS256']`. Default: without a `secret`, the top-level
   * `algorithm` if it is given; otherwise every asymmetric algorithm, as far as the keys allow.
   * @see RFC 8725 section 3.1
   */
  algorithms?: readonly AsymmetricAlgorithm[];
  /** The longest a fetch may take, body included. Default `'5s'`. */
  timeout?: string;
  /**
   * The pace at which unknown key ids may cause fetches: two at once, then one a cooldown. A token whose key id could
   * not be looked up gets no verdict. Default `'10s'`.
   */
  cooldown?: string;
  /**
   * How long fetched keys are fresh. They are refreshed in the background at a random point between 70 and 90 % of it,
   * so that the processes of a fleet do not ask all at once. Default `'10m'`.
   */
  cacheMaxAge?: string;
  /**
   * While the endpoint fails, for how long after the last success its keys still serve. `'0s'` turns it off.
   * The price: a key revoked during an outage verifies until then. Default `'1h'`.
   */
  staleIfError?: string;
  /**
   * A store in which processes share the fetched keys, so that not each of a fleet asks the endpoint. What is in it is
   * judged like an answer of the endpoint, and is never older than `cacheMaxAge`. A store that fails leads to a fetch.
   * Whoever can write to it can have tokens accepted. Default: none.
   */
  cache?: Store;
  /**
   * Headers of each request for keys. With discovery they go to the issuer's origin only: if the keys are on another host that
   * needs them, give `jwksUrl`. Default: none.
   */
  headers?: Readonly<Record<string, string>>;
  /** What makes the request, for proxies and private CAs. It must not follow redirects. Default: the global `fetch`. */
  fetch?: Fetch;
  /** Allows `http:` beyond loopback, where anyone on the network path can replace the keys. Default `false`. */
  dangerouslyAllowHttp?: boolean;
}

/** An entry of `issuers`. Its other options are those of {@link JwksOptions}, for this issuer alone. */
export interface IssuerOptions extends Omit<JwksOptions, 'issuer'> {
  /** The exact `iss` of its tokens. It is an `https:` URL where the keys are discovered. */
  issuer: string;
  /**
   * URL of its JSON Web Key Set. Default: discovered from the issuer, and read again whenever keys are fetched.
   * @see RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4
   */
  jwksUrl?: string;
}

/**
 * Says which tokens are revoked. `createRevocationList` of `intentkit-auth/revocation` makes one on a store that
 * processes share. Anything with these methods will do. A call that takes longer than 5 s counts as no answer.
 */
export interface Revocation {
  /**
   * Whether a token is revoked whose signature and claims are good. It gets a copy of the claims, never the token. When
   * it throws, or answers with anything but `true` or `false`, there is no verdict: `verify` throws
   * `ERR_REVOCATION_UNAVAILABLE`. An `AuthError` of yours with this code is thrown as it is.
   */
  isRevoked(payload: TokenPayload): boolean | Promise<boolean>;
  /**
   * Revokes the token with these claims, for `auth.revoke`. Without it, this client cannot revoke. It may get one that is
   * revoked already. What it throws becomes `ERR_REVOCATION_UNAVAILABLE`, except an `AuthError` with this code or
   * `ERR_NO_REVOCATION`.
   *
   * @param tolerance how far the client lets clocks differ, in seconds. It accepts the token for so long after its `exp`.
   */
  revoke?(payload: TokenPayload, tolerance: number): Promise<void>;
}

/**
 * What became of one `verify`, for audit and metrics. It never holds the token. The claims and `keyId` are present only
 * when the signature is valid.
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
  /** The `kid` header. It is present only when the signature of this token is valid. */
  readonly keyId?: string;
  /** How long `verify` took, with all that it waited for. */
  readonly milliseconds: number;
}

/** Receives each verdict. It may throw, reject or hang: a broken log must not break authentication. */
export type VerdictHandler = (verdict: Verdict) => void;
