import { AuthError } from './errors.js';

type Jose = typeof import('jose');

let loading: Promise<Jose> | undefined;

/**
 * jose, loaded once. A client that needs it begins to load it when it is made, so that the first token does not
 * wait. Where `node:crypto` does the work and there is no JWKS, nobody needs it, and it is never loaded.
 *
 * @throws {AuthError} `ERR_JWKS_UNAVAILABLE` when it could not be loaded. The next call tries again.
 */
export function loadJose(): Promise<Jose> {
  loading ??= import('jose').catch(() => {
    loading = undefined;
    // The error of the runtime names a path.
    throw new AuthError(
      'ERR_JWKS_UNAVAILABLE',
      'The token was neither accepted nor refused, because jose could not be loaded; look for a lack of file descriptors and restart the process.',
    );
  });
  return loading;
}
