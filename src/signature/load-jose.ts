import { AuthError } from '../errors.js';
import { builtin } from '../shared/runtime.js';

// Node keeps the `AsyncLocalStorage` context in which a module is first imported, which may be that of a request. So
// jose is imported in the context in which this module was.
const asyncHooks = builtin<typeof import('node:async_hooks')>('node:async_hooks');
const context = asyncHooks && new asyncHooks.AsyncResource('intentkit-auth');
const inOwnContext = <T>(act: () => T): T => (context ? context.runInAsyncScope(act) : act());

/** What imports the keys of a set. A client with remote keys begins to load it when it is made. */
export const loadKeyImport = part(() => import('jose/key/import'));

/** What verifies where `node:crypto` does not. */
export const loadVerify = part(async () => {
  const [{ compactVerify }, errors] = await Promise.all([
    import('jose/jws/compact/verify'),
    import('jose/errors'),
  ]);
  return { compactVerify, errors };
});

/** What signs where `node:crypto` does not. */
export const loadSign = part(() => import('jose/jws/compact/sign'));

/**
 * A part of jose, loaded once. To load all of jose takes longer than to load this package, and where `node:crypto`
 * does the work and there is no JWKS, nobody needs any of it.
 *
 * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` when it could not be loaded. The next call tries again.
 */
function part<Part>(load: () => Promise<Part>): () => Promise<Part> {
  let loaded: Part | undefined;
  let loading: Promise<Part> | undefined;
  return () => {
    if (loaded) return Promise.resolve(loaded);
    // Not the promise is kept: it would keep the context of whoever needed the part first.
    loading ??= inOwnContext(load).then(keep, () => {
      loading = undefined;
      // The error of the runtime names a path.
      throw new AuthError(
        'ERR_JWKS_UNAVAILABLE',
        'jose could not be loaded, so there is no result; try again in 1 s, and if that does not help, give the process more file descriptors and restart it.',
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
