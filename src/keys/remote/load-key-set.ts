import type { RemoteConfig } from '../../config/remote.js';
import { own } from '../../shared/own-properties.js';
import type { SignatureEngine } from '../../signature/engine.js';
import { loadKeyImport } from '../../signature/load-jose.js';
import { DISCOVERY_ACCEPT, discoveryUrls, jwksUrlOf } from './discovery.js';
import { FetchError, fetchJson, type JsonRequest } from './fetch-json.js';
import { KeySet } from './key-set.js';

/**
 * Fetches a JWKS and checks that it is of use. `began` is now, in milliseconds on a monotonic clock.
 *
 * @throws {FetchError} and nothing else.
 */
export async function loadKeySet(
  config: RemoteConfig,
  engine: SignatureEngine,
  connection: JsonRequest['connection'],
  began: number,
): Promise<KeySet> {
  const { timeoutMs, headers, fetch, algorithms } = config;
  const request = { timeoutMs, headers, fetch, connection };
  const url = config.url ?? (await discover(config, request));
  const jwks = await fetchJson({ ...request, url, accept: 'application/jwk-set+json, application/json' });
  const keys = typeof jwks === 'object' && jwks !== null ? own(jwks, 'keys') : undefined;
  return keySetOf(keys, url, began, engine, algorithms);
}

/**
 * The members of a JWKS as a set that is of use. `url` is where they were, `began` when, on a monotonic
 * clock.
 *
 * @throws {FetchError} and nothing else.
 */
export async function keySetOf(
  members: unknown,
  url: URL,
  began: number,
  engine: SignatureEngine,
  algorithms: RemoteConfig['algorithms'],
): Promise<KeySet> {
  if (!Array.isArray(members))
    throw new FetchError('unusable', 'the endpoint did not answer with a JSON Web Key Set');
  // Otherwise its failure to load would look like keys that cannot be imported.
  await loadKeyImport().catch(() => {
    throw new FetchError('unusable', 'jose could not be loaded');
  });
  const set = new KeySet(members, began, engine, url);
  // Otherwise an empty set, as of a provider that is being deployed, would replace good keys.
  if (!(await set.isUsableFor(algorithms))) {
    throw new FetchError('unusable', 'the endpoint answered with no key for an accepted algorithm');
  }
  return set;
}

/**
 * The URL of the keys, from the first document that names this issuer. Many providers answer in one of the two places
 * only. So if no document does, the error tells what is wrong with the first that there is, or why there is none.
 */
async function discover(
  { issuer = '', allowHttp }: RemoteConfig,
  request: Omit<JsonRequest, 'url' | 'accept'>,
): Promise<URL> {
  const problems: string[] = [];
  const failures: FetchError[] = [];
  for (const url of discoveryUrls(issuer)) {
    try {
      const document = await fetchJson({ ...request, url, accept: DISCOVERY_ACCEPT });
      const found = jwksUrlOf(document, issuer, allowHttp);
      if (found instanceof URL) return found;
      problems.push(found);
    } catch (error) {
      failures.push(error as FetchError);
    }
  }
  const [problem] = problems;
  if (problem !== undefined) throw new FetchError('unusable', problem);
  const reasons = new Set(failures.map(({ message }) => message));
  const retryAfterMs = Math.max(...failures.map((failure) => failure.retryAfterMs));
  const message = `the discovery failed: ${[...reasons].join(', and then ')}`;
  throw new FetchError(failures[0]?.kind ?? 'unusable', message, { retryAfterMs });
}
