import type { RemoteConfig } from '../../config/remote.js';
import { monotonicNow } from '../../shared/clock.js';
import { own } from '../../shared/own-properties.js';
import type { SignatureEngine } from '../../signature/engine.js';
import { loadKeyImport } from '../../signature/load-jose.js';
import { discover, WrongMetadata } from './discover.js';
import { FetchError } from './fetch-error.js';
import { type DocumentRequest, fetchJson } from './fetch-json.js';
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

const JWKS_ACCEPT = 'application/jwk-set+json, application/json';

/** Options of a single fetch. */
export type FetchOptions = Pick<DocumentRequest, 'isFailing' | 'noCache' | 'onRequest'> & {
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
    : await whereKeysAre(config, request, askedAt, found);
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

/** Where the metadata says that the keys are, or where they were found last if it cannot be fetched. */
async function whereKeysAre(
  { issuer = '', allowHttp }: RemoteConfig,
  request: Omit<DocumentRequest, 'url' | 'accept'>,
  askedAt: number,
  last: KeySetOrigin | undefined,
): Promise<Pick<KeySetOrigin, 'url' | 'madeAt'>> {
  try {
    const { url, ageMs } = await discover({ issuer, member: 'jwks_uri', allowHttp }, request);
    return { url, madeAt: askedAt - ageMs };
  } catch (error) {
    if (last && !(error instanceof WrongMetadata)) return last;
    throw error;
  }
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
