import type { ClaimRules } from '../claims/check.js';
import { configError } from '../shared/options.js';
import type { Store } from '../shared/store.js';
import { isSafeUrl } from '../shared/url.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../signature/algorithms.js';
import { REMOTE_DEFAULTS } from './defaults.js';
import type { Fetch } from './options.js';
import type { ParsedRemote } from './schema.js';

/** What a remote source needs: where its keys are, and what they may verify. */
export interface RemoteConfig {
  /** The issuer that selects this source. `undefined`: it is the one of `jwksUrl`, for every issuer it allows. */
  readonly issuer: string | undefined;
  /** `undefined`: the URL of the keys is discovered from the issuer. */
  readonly url: URL | undefined;
  /** Whether keys may come over `http:` from beyond this machine. */
  readonly allowHttp: boolean;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly rules: ClaimRules;
  readonly timeoutMs: number;
  readonly cooldownMs: number;
  readonly cacheMaxAgeMs: number;
  readonly staleIfErrorMs: number;
  /** Where processes share the keys. */
  readonly cache: Store | undefined;
  readonly headers: Headers | undefined;
  /** The configured `fetch`, or `undefined` for the global one. */
  readonly fetch: Fetch | undefined;
}

/** What the top level of the configuration says for every source. */
export interface RemoteDefaults {
  readonly rules: ClaimRules;
  /** The top-level `algorithm`, where it is for public keys. */
  readonly algorithm: AsymmetricAlgorithm | undefined;
}

/**
 * The configuration of one remote source.
 *
 * @param place the option's name in messages, such as `jwks` or `issuers[1]`.
 */
export function remoteConfig(
  options: ParsedRemote,
  issuer: string | undefined,
  { rules, algorithm }: RemoteDefaults,
  place: string,
): RemoteConfig {
  const issuers = issuer === undefined ? (options.issuer as readonly string[] | undefined) : [issuer];
  const allowHttp = options.dangerouslyAllowHttp ?? REMOTE_DEFAULTS.allowHttp;
  const { jwksUrl: url } = options;
  const nameOfUrl = issuer === undefined ? 'jwksUrl' : `${place}.jwksUrl`;
  if (url) checkUrl(url, allowHttp, `"${nameOfUrl}"`, `"${place}.headers"`);
  else checkDiscoverable(issuer, allowHttp, `"${place}.issuer"`);
  return {
    issuer,
    url,
    allowHttp,
    algorithms: options.algorithms ?? (algorithm ? [algorithm] : ASYMMETRIC_ALGORITHMS),
    rules: requiringIat({
      issuer: issuers ?? rules.issuer,
      audience: options.audience ?? rules.audience,
      typ: options.typ ?? rules.typ,
      requiredClaims: options.requiredClaims ?? rules.requiredClaims,
      maxTokenAge: options.maxTokenAge ?? rules.maxTokenAge,
      clockTolerance: rules.clockTolerance,
    }),
    timeoutMs: options.timeout ?? REMOTE_DEFAULTS.timeoutMs,
    cooldownMs: options.cooldown ?? REMOTE_DEFAULTS.cooldownMs,
    cacheMaxAgeMs: options.cacheMaxAge ?? REMOTE_DEFAULTS.cacheMaxAgeMs,
    staleIfErrorMs: options.staleIfError ?? REMOTE_DEFAULTS.staleIfErrorMs,
    cache: options.cache,
    headers: options.headers,
    fetch: options.fetch,
  };
}

/** `maxTokenAge` makes `iat` required, because without it the age of a token is unknown. */
export const requiringIat = (rules: ClaimRules): ClaimRules =>
  rules.maxTokenAge === undefined ? rules : { ...rules, requiredClaims: [...rules.requiredClaims, 'iat'] };

function checkUrl(url: URL, allowHttp: boolean, name: string, headers: string): void {
  if (url.username || url.password) {
    throw configError(`${name} must not hold credentials; send them in ${headers}.`);
  }
  if (!isAllowed(url, allowHttp)) {
    throw configError(`${name} must be an https: URL: over http: anyone could replace the keys.`);
  }
}

function checkDiscoverable(issuer: string | undefined, allowHttp: boolean, name: string): void {
  const url = issuer !== undefined && URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isPlain = url && !url.username && !url.password && !url.search && !url.hash;
  if (isPlain && isAllowed(url, allowHttp)) return;
  throw configError(
    `${name} must be an https: URL, or give its "jwksUrl", because keys are discovered from it.`,
  );
}

const isAllowed = (url: URL, allowHttp: boolean): boolean =>
  isSafeUrl(url) || (allowHttp && url.protocol === 'http:');
