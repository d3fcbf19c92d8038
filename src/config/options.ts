import type { AuthErrorCode } from '../errors.js';
import type { Store } from '../shared/store.js';
import type { WarningHandler } from '../shared/warnings.js';
import type { Algorithm, AsymmetricAlgorithm } from '../signature/algorithms.js';
import type { IntrospectionStatus, TokenPayload, VerifyFailure } from '../types.js';

/**
 * Rules for the claims of tokens. You can set them at the top level, in `jwks` and in each entry of `issuers`. In `jwks` or an
 * entry, a rule applies only to tokens signed with those keys, and its default is the top-level rule.
 */
export interface ClaimRuleOptions {
  /**
   * Expected `iss`; with several, any one of them. At the top level, `sign` writes the first. Default: not checked.
   *
   * - In `jwks`: the issuer of tokens signed with these keys. If you also have a `secret`, set it to a
   *   different issuer than the top-level one. Otherwise each side can sign tokens of the other.
   * - In an entry of `issuers`: required, and a single string. The top-level `issuer` is not its default.
   * @see RFC 7519 section 4.1.1, RFC 8725 section 3.8
   */
  issuer?: string | readonly string[];

  /**
   * Expected `aud`; with several, any one of them. At the top level, `sign` writes the first. Default: not checked.
   *
   * A URL without a path matches with and without a slash at its end. Everything else must be equal.
   * @see RFC 7519 section 4.1.3, RFC 3986 section 6.2.3
   */
  audience?: string | readonly string[];

  /**
   * The clients whose tokens are accepted, such as `['app-1']`. The client of a token is the first of its claims `client_id`,
   * `azp`, `cid` and `appid` that is a string. Use it if the tokens have no `aud` of your service. `sign` does not write it.
   * Default: not checked.
   * @see RFC 9068 section 2.2
   */
  clientIds?: readonly string[];

  /**
   * Expected `typ` header, such as `'at+jwt'` for access tokens by RFC 9068. Case and an `application/` prefix are ignored. At
   * the top level, `sign` writes it. Default: not checked, and `sign` writes `'JWT'`.
   * @see RFC 8725 section 3.11
   */
  typ?: string;

  /** Claims that must be present, such as `['exp', 'sub']`. Default: only those that other options imply. */
  requiredClaims?: readonly string[];

  /** The maximum time since `iat`, such as `'12h'`, rounded to whole seconds. It makes `iat` required. Default: no limit. */
  maxTokenAge?: string;
}

/**
 * Options of `createAuthProvider` and `createAuthClient`. Give `secret`, `signingKeys`, `jwksUrl`, `issuers` or `introspection`.
 * You can combine them, except `jwksUrl` with `issuers`.
 */
export interface AuthProviderConfig extends ClaimRuleOptions {
  /**
   * HMAC secret for `sign` and `verify`. A string is used as its UTF-8 bytes. Give a list to rotate without downtime: the
   * first secret signs, and the others only verify. Use at least as many random bytes as the hash has (32 for HS256). A
   * shorter secret works, but causes a warning. Default: none.
   * @see RFC 7518 section 3.2
   */
  secret?: string | Uint8Array | readonly (string | Uint8Array)[];

  /**
   * Asymmetric keys of your own. The first entry signs. All entries verify, and `auth.jwks()` returns the public part of all of
   * them, so other services can verify your tokens but not sign any. If you also set a `secret`, it only verifies.
   * With `jwksUrl` or `issuers`, the `iss` of a token selects its keys. `issuer` is then required, and must differ from all issuers
   * of other keys. Default: none.
   * @see RFC 7517, RFC 8725 section 3.8
   */
  signingKeys?: readonly SigningKeyOptions[];

  /**
   * URL of the identity provider's JSON Web Key Set, to verify its tokens: `https:`, or `http:` on this machine. The keys are
   * fetched when a token first needs them. Default: none.
   * @see RFC 7517 section 5
   */
  jwksUrl?: string;

  /** How the keys of `jwksUrl` are fetched and cached, and which tokens they may verify. Default: the default of each option. */
  jwks?: JwksOptions;

  /**
   * Several identity providers, each with its own keys and rules, instead of `jwksUrl`. The `iss` of a token selects the entry.
   * Top-level `audience`, `clientIds`, `typ`, `requiredClaims` and `maxTokenAge` are the defaults of each entry. A top-level
   * `issuer` applies only to `secret` and `signingKeys`. Default: none.
   * @see RFC 8725 section 3.8
   */
  issuers?: readonly IssuerOptions[];

  /**
   * With `secret`: the HMAC algorithm that signs and that is accepted. Default `'HS256'`. Without `secret`: the only asymmetric
   * algorithm that is accepted from `jwksUrl` or `issuers`. Default: all asymmetric algorithms that the key allows. Each entry of
   * `signingKeys` has its own `algorithm`.
   */
  algorithm?: Algorithm;

  /**
   * Lifetime of a signed token without `expiresIn`, such as `'15m'`, rounded to whole seconds. Default `'1h'`, or `maxExpiry`
   * if that is shorter.
   */
  defaultExpiry?: string;

  /** The longest lifetime that `sign` grants, such as `'8h'`, rounded to whole seconds. Default: no limit. */
  maxExpiry?: string;

  /**
   * How far clocks may differ when `exp`, `nbf` and `maxTokenAge` are checked, such as `'30s'`. Rounded to whole seconds, so
   * `'0.4s'` counts as zero. Default `'0s'`.
   */
  clockTolerance?: string;

  /**
   * Tells which tokens are revoked: a list of `createRevocationList`, or your own object with the same methods. `verify` asks it
   * last, and throws `ERR_REVOCATION_UNAVAILABLE` if it does not answer. Default: revocation is not checked.
   */
  revocation?: Revocation;

  /**
   * Tells whether opaque tokens are active: the result of `createIntrospection`, or your own object with the same members. It is
   * asked about text that is not a JWT. The claims of its answer follow the rules of the entry of `issuers` with its issuer,
   * otherwise the top-level rules. `typ` does not apply, because these tokens have no header. Default: opaque tokens are refused.
   */
  introspection?: Introspection;

  /**
   * Receives the result of each `verify`, for audit and metrics, before the caller does. Its errors are ignored. Default: none.
   */
  onVerdict?: VerdictHandler;

  /**
   * Receives what each `sign` has signed, for audit, before the caller gets the token. Its errors are ignored. `ping` does not
   * call it. Default: none.
   */
  onSign?: SignHandler;

  /** The key under which functions find the client: `ctx.providers[name]`. Default `'auth'`. */
  name?: string;

  /** Receives warnings. Default: `process.emitWarning`, else `console.warn`; never stdout. */
  onWarning?: WarningHandler;
}

/** A JWK with any members. The second form accepts interfaces without an index signature, such as those of jose and Node. */
export type JwkInput =
  | {
      /** The type of the key: `'EC'`, `'OKP'` or `'RSA'`. */
      readonly kty?: string | undefined;
      readonly [member: string]: unknown;
    }
  | {
      /** The type of the key: `'EC'`, `'OKP'` or `'RSA'`. */
      readonly kty?: string | undefined;
    };

/** A `KeyObject` of `node:crypto` or a `CryptoKey` of Web Crypto. A minimal type that needs no type packages. */
export interface KeyInput {
  /** `'private'` or `'public'`. */
  readonly type: string;
}

/**
 * An entry of `signingKeys`. Give `privateKey`; or `publicKey` and `sign`, if the private key is somewhere else; or only
 * `publicKey`, for a key that still verifies and no longer signs.
 *
 * Keys are the text of PEM (PKCS #8, SEC1, PKCS #1 or SPKI), a JWK, a `KeyObject` or a `CryptoKey`. They are RSA of at least
 * 2048 bits, P-256, P-384, P-521 or Ed25519.
 */
export interface SigningKeyOptions {
  /** The private key. It is imported once, and the original value is not kept. Default: none. */
  privateKey?: string | JwkInput | KeyInput;
  /**
   * The public key. Required with `sign`. With `privateKey`, only needed for a `CryptoKey` that cannot be exported, on runtimes
   * without `node:crypto`.
   */
  publicKey?: string | JwkInput | KeyInput;
  /**
   * Signs data with a key in a key management service or a hardware module. It returns the signature as a `Uint8Array` or an
   * `ArrayBuffer`. An ECDSA signature may be DER or `r` followed by `s`. The signature is verified with `publicKey` before it is
   * used: `sign` throws `ERR_SIGNER_BROKEN` if it is invalid, and `ERR_SIGNER_UNAVAILABLE` if this function throws, rejects or
   * takes too long.
   *
   * The usual services, for P-256: AWS KMS with `ECDSA_SHA_256` and Google Cloud KMS answer in DER. Azure Key Vault with `ES256`,
   * Vault with `marshaling_algorithm: 'jws'`, and PKCS #11 with `ECDSA_SHA256` answer with `r` followed by `s`. Default: none.
   *
   * @param data the bytes to sign. Hash them once, with the hash of `algorithm`, unless the service does that.
   */
  sign?: (
    data: Uint8Array,
    key: { readonly algorithm: AsymmetricAlgorithm; readonly keyId: string },
  ) => Uint8Array | ArrayBuffer | Promise<Uint8Array | ArrayBuffer>;
  /** The time limit of `sign`, such as `'2s'`. Default `'5s'`. */
  timeout?: string;
  /**
   * The `alg` of tokens signed with this key. Default: the `alg` of the JWK; otherwise ES256, ES384 or ES512 by the
   * curve, EdDSA for Ed25519, and RS256 for RSA.
   */
  algorithm?: AsymmetricAlgorithm;
  /**
   * The `kid` of tokens signed with this key. Default: the `kid` of the JWK; otherwise the thumbprint of the key.
   * @see RFC 7638
   */
  keyId?: string;
}

/** The type of the global `fetch`. Without types for it, a minimal function type, so that this package still compiles. */
export type Fetch = typeof globalThis extends { fetch: infer Global }
  ? Global
  : (url: string, init: object) => Promise<object>;

/** Returns the headers of a request for keys. */
export type HeadersFunction = () =>
  | Readonly<Record<string, string>>
  | Promise<Readonly<Record<string, string>>>;

/** Options for the keys of `jwksUrl`. Durations are text, such as `'5s'` or `'10m'`. */
export interface JwksOptions extends ClaimRuleOptions {
  /**
   * The asymmetric algorithms that these keys may verify, such as `['RS256']`. Default without a `secret`: the top-level
   * `algorithm`. Default with a `secret`, or without `algorithm`: all asymmetric algorithms that the key allows.
   * @see RFC 8725 section 3.1
   */
  algorithms?: readonly AsymmetricAlgorithm[];
  /** The time limit of a fetch, including its body. Default `'5s'`. */
  timeout?: string;
  /**
   * Rate-limits fetches for unknown key ids: two at once, then one per cooldown. If a key id cannot be looked up because of this
   * limit, `verify` throws `ERR_JWKS_UNAVAILABLE`. Default `'10s'`.
   */
  cooldown?: string;
  /**
   * How long fetched keys are fresh. They are refreshed in the background at a random age of 70 to 90 % of it, so that processes
   * do not all fetch at once. Default `'10m'`.
   */
  cacheMaxAge?: string;
  /**
   * How long cached keys are used after the last success while the endpoint fails. A key that the provider withdraws during an
   * outage is accepted until then. `'0s'` turns this off. Default `'1h'`.
   */
  staleIfError?: string;
  /**
   * A store through which processes share fetched keys, so that not every process asks the endpoint. Keys from it are checked
   * like a response of the endpoint, and ignored if they are older than `cacheMaxAge`. If the store fails, the process fetches
   * the keys itself. Anyone who can write to the store can make you accept forged tokens. Default: none.
   */
  cache?: Store;
  /**
   * Headers of each request for keys. If the keys are discovered, the headers are sent only to the issuer's origin. If the keys
   * are on another host that needs the headers, give `jwksUrl`. Default: none.
   *
   * Give a function if the values change, such as a token that is renewed. It is called for each request, within `timeout`. If
   * it fails, the fetch fails. Its values and errors are never shown. It cannot be combined with `cache`.
   */
  headers?: Readonly<Record<string, string>> | HeadersFunction;
  /** A `fetch` for the requests, for proxies and private CAs. It must not follow redirects. Default: the global `fetch`. */
  fetch?: Fetch;
  /** Allows `http:` to other machines. Anyone on the network path can then replace the keys. Default `false`. */
  dangerouslyAllowHttp?: boolean;
}

/** An entry of `issuers`. Its other options are those of {@link JwksOptions}, for this issuer only. */
export interface IssuerOptions extends Omit<JwksOptions, 'issuer'> {
  /** The exact `iss` of its tokens. Without `jwksUrl`, it must be an `https:` URL, because the keys are discovered from it. */
  issuer: string;
  /**
   * URL of its JSON Web Key Set. Default: discovered from the issuer each time keys are fetched.
   * @see RFC 8414 section 3, OpenID Connect Discovery 1.0 section 4
   */
  jwksUrl?: string;
}

/**
 * Tells which tokens are revoked. Use `createRevocationList` of `intentkit-auth/revocation`, or your own object with these
 * methods. A call that takes longer than 5 s counts as a failure.
 */
export interface Revocation {
  /**
   * Returns true if a token is revoked. It gets a copy of the claims, after the signature and the claims were checked. If it
   * throws, or returns anything but a boolean, `verify` throws `ERR_REVOCATION_UNAVAILABLE`. If it throws an `AuthError` with
   * this code, `verify` throws that error unchanged.
   */
  isRevoked(payload: TokenPayload): boolean | Promise<boolean>;
  /**
   * Revokes the token with these claims. `auth.revoke` calls it, also for a token that is already revoked. Without this method,
   * `auth.revoke` throws. Its errors become `ERR_REVOCATION_UNAVAILABLE`, except an `AuthError` with that code or
   * `ERR_NO_REVOCATION`.
   *
   * @param tolerance the `clockTolerance` of the client, in seconds. The client accepts the token for this long after its `exp`.
   */
  revoke?(payload: TokenPayload, tolerance: number): Promise<void>;
}

/**
 * Tells whether opaque tokens are active. Use `createIntrospection` of `intentkit-auth/introspection`, or your own object with
 * these members. A call that takes longer than 5 s counts as a failure.
 */
export interface Introspection {
  /** The issuer of these tokens. An answer without `iss` counts as being from it; one with another `iss` is refused. */
  readonly issuer: string;
  /** How these tokens begin. Text that begins otherwise is refused as `malformed`, and never sent. Default: any. */
  readonly prefix?: string;
  /**
   * Returns the claims of an active token, and `undefined` for any other. It only gets text that may be a bearer token of at most
   * 4 KiB, and never a JWT or a JWE. If it throws, or returns anything else, `verify` throws `ERR_INTROSPECTION_UNAVAILABLE`. If it
   * throws an `AuthError` with this code, `verify` throws that error unchanged.
   * @see RFC 7662 section 2
   */
  introspect(token: string): Promise<TokenPayload | undefined>;
  /** The state of the endpoint, for `status()`. It must not make a request. Default: none. */
  status?(): IntrospectionStatus;
}

/**
 * The result of one `verify`, for audit and metrics. It never contains the token. The claims and `keyId` are present only if the
 * signature is valid.
 */
export interface Verdict {
  /** Whether the token was accepted. */
  readonly valid: boolean;
  /** Why the token was not accepted: the reason of a refusal, or the code of the error that `verify` threw. */
  readonly reason?: VerifyFailure | AuthErrorCode;
  /** The `iss` claim. */
  readonly issuer?: string;
  /** The `sub` claim. */
  readonly subject?: string;
  /** The client that the token was issued to: the first of `client_id`, `azp`, `cid` and `appid` that is a string. */
  readonly clientId?: string;
  /** The `jti` claim. */
  readonly jti?: string;
  /** The `kid` header. */
  readonly keyId?: string;
  /** How long `verify` took, including fetches and stores. */
  readonly milliseconds: number;
}

/** Receives each verdict. `verify` ignores its errors and does not wait for it, so a broken log cannot break authentication. */
export type VerdictHandler = (verdict: Verdict) => void;

/** What one `sign` has signed, for audit. It never contains the token, or the value of a claim that is not named here. */
export interface Signed {
  /** The `sub` claim. */
  readonly subject?: string;
  /** The `jti` claim. */
  readonly jti?: string;
  /** The `kid` header. */
  readonly keyId?: string;
  /** The names of the claims that RFC 7519 does not register. */
  readonly claimNames: readonly string[];
  /** The `exp` claim, in seconds since the epoch. */
  readonly expiresAt: number;
}

/** Receives what was signed. `sign` ignores its errors and does not wait for it, so a broken log cannot break signing. */
export type SignHandler = (signed: Signed) => void;
