import type { RemoteConfig } from '../../config/remote.js';
import { monotonicNow } from '../../shared/clock.js';
import { own } from '../../shared/own-properties.js';
import type { SignatureEngine } from '../../signature/engine.js';
import { loadKeyImport } from '../../signature/load-jose.js';
import { DISCOVERY_ACCEPT, discoveryUrls, jwksUrlOf } from './discovery.js';
import { FetchError, fetchJson, type JsonRequest } from './fetch-json.js';
import { countsOf, type IgnoredKeys } from './ignored-keys.js';
import { KeySet, type KeySetOrigin } from './key-set.js';

/** The key set has no usable key for an accepted algorithm. */
export class UselessKeySet extends FetchError {
  readonly ignored: IgnoredKeys;

  constructor(ignored: IgnoredKeys) {
    const counts = countsOf(ignored);
    const details = counts && `; ignored: ${counts}`;
    super('unusable', `the endpoint answered with no key for an accepted algorithm${details}`);
    this.ignored = ignored;
  }
}

/** A metadata document that was read and must not be used. */
export class WrongMetadata extends FetchError {
  constructor(problem: string) {
    super('unusable', problem);
  }
}

const JWKS_ACCEPT = 'application/jwk-set+json, application/json';

/** Options of a single fetch. */
export type FetchOptions = Pick<JsonRequest, 'isFailing' | 'noCache' | 'onRequest'> & {
  /** Where discovery last found the keys. The URL is used again if the metadata cannot be fetched. */
  readonly found: KeySetOrigin | undefined;
  /** The number of this fetch, counted from 1. */
  readonly order: number;
};

/**
 * Fetches a JWKS and checks that it has a key for an accepted algorithm. Without a configured URL, it first fetches the
 * metadata of the issuer, which has the URL.
 *
 * @throws {FetchError} for every failure.
 */
export async function loadKeySet(
  config: RemoteConfig,
  engine: SignatureEngine,
  { found, order, ...options }: FetchOptions,
): Promise<KeySet> {
  const { timeoutMs, headers, fetch, algorithms } = config;
  const request = { timeoutMs, headers, fetch, ...options };
  const askedAt = monotonicNow();
  const { url, madeAt } = config.url
    ? { url: config.url, madeAt: askedAt }
    : await discover(config, request, askedAt, found);
  const { document, ageMs } = await fetchJson({
    ...request,
    url,
    accept: JWKS_ACCEPT,
    // The headers may hold credentials, so with discovery they are sent only to the issuer's origin.
    headers: config.url || isSameOrigin(url, config.issuer) ? headers : undefined,
  });
  const keys = typeof document === 'object' && document !== null ? own(document, 'keys') : undefined;
  const origin = { url, fetchBegan: askedAt, order, askedAt, madeAt: Math.min(madeAt, askedAt - ageMs) };
  return keySetOf(keys, origin, engine, algorithms);
}

const isSameOrigin = (url: URL, issuer: string | undefined): boolean =>
  issuer !== undefined && url.origin === new URL(issuer).origin;

/**
 * Creates a set from the `keys` of a JWKS.
 *
 * @throws {FetchError} if no member is a key for an accepted algorithm.
 */
export async function keySetOf(
  members: unknown,
  origin: KeySetOrigin,
  engine: SignatureEngine,
  algorithms: RemoteConfig['algorithms'],
): Promise<KeySet> {
  if (!Array.isArray(members))
    throw new FetchError('unusable', 'the endpoint did not answer with a JSON Web Key Set');
  // If jose cannot be loaded, every import fails. Without this check, the keys would seem to be bad.
  await loadKeyImport().catch(() => {
    throw new FetchError('unusable', 'jose could not be loaded');
  });
  const set = new KeySet(members, origin, engine);
  // A provider may serve an empty set during a deployment. It must not replace valid keys.
  if (!(await set.isUsableFor(algorithms))) throw new UselessKeySet(set.ignored);
  return set;
}

/**
 * Returns the URL of the keys, from the first document that names this issuer. Many providers serve only one of the two
 * documents. If neither could be read, it returns the URL that was found last.
 *
 * @throws {FetchError} with the problem of the first document that could be read, or with the reasons why both requests failed.
 */
async function discover(
  { issuer = '', allowHttp }: RemoteConfig,
  request: Omit<JsonRequest, 'url' | 'accept'>,
  askedAt: number,
  last: KeySetOrigin | undefined,
): Promise<Pick<KeySetOrigin, 'url' | 'madeAt'>> {
  const problems: string[] = [];
  const failures: FetchError[] = [];
  for (const url of discoveryUrls(issuer)) {
    try {
      const { document, ageMs } = await fetchJson({ ...request, url, accept: DISCOVERY_ACCEPT });
      const found = jwksUrlOf(document, issuer, allowHttp);
      if (found instanceof URL) return { url: found, madeAt: askedAt - ageMs };
      problems.push(found);
    } catch (error) {
      failures.push(error as FetchError);
    }
  }
  const [problem] = problems;
  if (problem !== undefined) throw new WrongMetadata(problem);
  if (last) return last;
  const reasons = new Set(failures.map(({ message }) => message));
  const retryAfterMs = Math.max(...failures.map((failure) => failure.retryAfterMs));
  const message = `the discovery failed: ${[...reasons].join(', and then ')}`;
  throw new FetchError(failures[0]?.kind ?? 'unusable', message, { retryAfterMs });
}
