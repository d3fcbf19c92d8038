import type { RemoteConfig } from '../../config/parse.js';
import { loadJose } from '../../jose.js';
import { own } from '../../own-properties.js';
import type { SignatureEngine } from '../../signature/engine.js';
import { FetchError, fetchJson, type JsonRequest } from './fetch-json.js';
import { KeySet } from './key-set.js';

/**
 * Fetches a JWKS and checks that it is of use. `began` is now, in milliseconds on a monotonic clock.
 *
 * @throws {FetchError} and nothing else.
 */
export async function loadKeySet(
  { url, timeoutMs, headers, fetch, algorithms }: RemoteConfig,
  engine: SignatureEngine,
  connection: JsonRequest['connection'],
  began: number,
): Promise<KeySet> {
  const accept = 'application/jwk-set+json, application/json';
  const jwks = await fetchJson({ url, accept, timeoutMs, headers, fetch, connection });
  const keys = typeof jwks === 'object' && jwks !== null ? own({ ...jwks }, 'keys') : undefined;
  if (!Array.isArray(keys)) throw new FetchError('the endpoint did not answer with a JSON Web Key Set');
  // Otherwise its failure to load would look like keys that cannot be imported.
  await loadJose().catch(() => {
    throw new FetchError('jose could not be loaded');
  });
  const set = new KeySet(keys, began, engine);
  // Otherwise an empty set, as of a provider that is being deployed, would replace good keys.
  if (!(await set.isUsableFor(algorithms))) {
    throw new FetchError('the endpoint answered with no key for an accepted algorithm');
  }
  return set;
}
