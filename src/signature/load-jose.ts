import { AuthError } from '../errors.js';

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
  let loading: Promise<Part> | undefined;
  return () => {
    loading ??= load().catch(() => {
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
}
