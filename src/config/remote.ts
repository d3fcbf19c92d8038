import type { ClaimRules } from '../claims/check.js';
import { configError } from '../shared/options.js';
import { withoutPrototype } from '../shared/own-properties.js';
import type { Store } from '../shared/store.js';
import { isSafeUrl } from '../shared/url.js';
import { ASYMMETRIC_ALGORITHMS, type AsymmetricAlgorithm } from '../signature/algorithms.js';
import type { Fetch, HeadersFunction } from './options.js';
import { type GivenIssuer, type GivenRemote, type GivenRules, rulesAmong } from './schema.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The configuration of remote keys: where they are, and which tokens they may verify. */
export interface RemoteConfig {
  /** The issuer of an entry of `issuers`. `undefined` for the top-level `jwksUrl`. */
  readonly issuer: string | undefined;
  /** The issuers that select this source. `undefined`: the algorithm alone selects it. */
  readonly selectedBy: readonly string[] | undefined;
  /** The URL of the keys. `undefined`: it is discovered from the issuer. */
  readonly url: URL | undefined;
  /** Whether keys may be fetched over `http:` from other machines. */
  readonly allowHttp: boolean;
  readonly algorithms: readonly AsymmetricAlgorithm[];
  readonly rules: ClaimRules;
  readonly timeoutMs: number;
  readonly cooldownMs: number;
  readonly cacheMaxAgeMs: number;
  readonly staleIfErrorMs: number;
  /** The store through which processes share keys. */
  readonly cache: Store | undefined;
  readonly headers: Headers | HeadersFunction | undefined;
  /** The configured `fetch`, or `undefined` for the global one. */
  readonly fetch: Fetch | undefined;
}

/** The top-level options that apply to every source. */
export interface TopLevel {
  readonly rules: GivenRules;
  /** In seconds. */
  readonly clockTolerance: number;
  /** The top-level `algorithm`, if it is asymmetric. */
  readonly algorithm: AsymmetricAlgorithm | undefined;
  /** Whether the client has keys of its own. Then the issuer selects the keys of `jwksUrl` too. */
  readonly hasOwnKeys: boolean;
}

/** The source of `jwksUrl`. */
export function jwksConfig(options: GivenRemote, url: URL, topLevel: TopLevel): RemoteConfig {
  checkUrl(url, options, '"jwksUrl"', '"jwks.headers"');
  checkCache(options, 'jwks');
  return remoteConfig(options, undefined, url, topLevel);
}

/** The source of each entry of `issuers`. */
export function issuerConfigs(entries: readonly GivenIssuer[], topLevel: TopLevel): RemoteConfig[] {
  const seen = new Set<string>();
  return entries.map((options, index) => {
    const {
      issuer: [issuer = ''],
      jwksUrl,
    } = options;
    const place = `issuers[${index}]`;
    if (seen.has(issuer)) throw configError(`"${place}.issuer" is listed twice: give each issuer one entry.`);
    seen.add(issuer);
    if (jwksUrl) checkUrl(jwksUrl, options, `"${place}.jwksUrl"`, `"${place}.headers"`);
    else checkDiscoverable(issuer, options, `"${place}.issuer"`);
    checkCache(options, place);
    return remoteConfig(options, issuer, jwksUrl, topLevel);
  });
}

function remoteConfig(
  options: GivenRemote,
  issuer: string | undefined,
  url: URL | undefined,
  { rules, clockTolerance, algorithm, hasOwnKeys }: TopLevel,
): RemoteConfig {
  const selectedByRules = hasOwnKeys ? options.issuer : undefined;
  return {
    issuer,
    selectedBy: issuer === undefined ? selectedByRules : [issuer],
    url,
    allowHttp: options.dangerouslyAllowHttp ?? false,
    algorithms: options.algorithms ?? (algorithm ? [algorithm] : ASYMMETRIC_ALGORITHMS),
    rules: claimRules(clockTolerance, rules, rulesAmong(options)),
    timeoutMs: options.timeout ?? 5 * SECOND,
    cooldownMs: options.cooldown ?? 10 * SECOND,
    cacheMaxAgeMs: options.cacheMaxAge ?? 10 * MINUTE,
    staleIfErrorMs: options.staleIfError ?? 60 * MINUTE,
    cache: options.cache,
    headers: options.headers,
    fetch: options.fetch,
  };
}

/** Merges rules for claims. Later rules replace earlier ones. */
export function claimRules(clockTolerance: number, ...given: readonly GivenRules[]): ClaimRules {
  const merged: GivenRules = withoutPrototype(...given);
  const { issuer, audience, clientIds, typ, maxTokenAge, requiredClaims = [] } = merged;
  return {
    issuer,
    audience,
    clientIds,
    typ,
    // The age of a token is known only from its `iat`.
    requiredClaims: maxTokenAge === undefined ? requiredClaims : [...requiredClaims, 'iat'],
    maxTokenAge,
    clockTolerance,
  };
}

function checkUrl(url: URL, options: GivenRemote, name: string, headers: string): void {
  if (url.username || url.password) {
    throw configError(`${name} must not hold credentials; send them in ${headers}.`);
  }
  if (!isAllowed(url, options)) {
    throw configError(`${name} must be an https: URL: over http: anyone could replace the keys.`);
  }
}

function checkDiscoverable(issuer: string, options: GivenRemote, name: string): void {
  if (isDiscoverable(issuer, options)) return;
  throw configError(
    `${name} must be an https: URL without credentials, query and fragment, because its keys are discovered from it. http: is for this machine only. For another issuer, give "jwksUrl" too.`,
  );
}

// The stored keys are named by the headers, because an endpoint may answer other headers with other keys.
function checkCache({ cache, headers }: GivenRemote, place: string): void {
  if (!cache || typeof headers !== 'function') return;
  throw configError(
    `"${place}.cache" needs "headers" with fixed values: keys that were fetched with other headers must not be shared. Remove "cache", or give an object.`,
  );
}

/** True if the metadata of an issuer can be found from its text. @see RFC 8414 section 2 */
export function isDiscoverable(issuer: string, options: GivenRemote = {}): boolean {
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined;
  const isPlain = url && !url.username && !url.password && !url.search && !url.hash;
  return isPlain === true && isAllowed(url, options);
}

const isAllowed = (url: URL, { dangerouslyAllowHttp = false }: GivenRemote): boolean =>
  isSafeUrl(url) || (dangerouslyAllowHttp && url.protocol === 'http:');
