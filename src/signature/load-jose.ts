import { AuthError } from '../errors.js';
import { builtin } from '../shared/runtime.js';

// Node keeps the `AsyncLocalStorage` context of the code that first imports a module. If that were a request, its context would
// stay in memory. So jose is always imported in the context of this module.
const asyncHooks = builtin<typeof import('node:async_hooks')>('node:async_hooks');
const context = asyncHooks && new asyncHooks.AsyncResource('intentkit-auth');
const inOwnContext = <T>(act: () => T): T => (context ? context.runInAsyncScope(act) : act());

/** Loads the part that imports keys. A client with remote keys starts loading it when the client is created. */
export const loadKeyImport = part(() => import('jose/key/import'));

/** Loads the part that computes the thumbprint of a key. A gate needs it for the first DPoP proof of each client. */
export const loadThumbprint = part(() => import('jose/jwk/thumbprint'));

/** Loads the part that verifies when `node:crypto` does not. */
export const loadVerify = part(async () => {
  const [{ compactVerify }, errors] = await Promise.all([
    import('jose/jws/compact/verify'),
    import('jose/errors'),
  ]);
  return { compactVerify, errors };
});

/** Loads the part that signs when `node:crypto` does not. */
export const loadSign = part(() => import('jose/jws/compact/sign'));

/**
 * Loads a part of jose once. All of jose takes longer to load than this package, and a client that uses `node:crypto` and
 * no JWKS never needs it.
 *
 * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` if loading fails. The next call retries.
 */
function part<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let loaded: Part | undefined;
  let loading: Promise<Part> | undefined;
  return () => {
    if (loaded) return Promise.resolve(loaded);
    // The promise is dropped afterwards, because it would keep the context of the first request that needed the part.
    loading ??= inOwnContext(load).then(keep, () => {
      loading = undefined;
      // The runtime's error is not passed on, because it contains a file path.
      throw new AuthError(
        'ERR_JWKS_UNAVAILABLE',
        'The "jose" package could not be loaded; try again in 1 s, and if that keeps failing, raise the limit of open files and restart the process.',
        { retryAfter: 1 },
      );
    });
    return loading;
  };

  function keep(part: Part): Part {
    loaded = part;
    loading = undefined;
    return part;
  }
}
