type Jose = typeof import('jose');

let loaded: Jose | undefined;

/**
 * jose, loaded once. A client that needs it begins to load it when it is made, so that the first token does not
 * wait. Where `node:crypto` does the work and there is no JWKS, nobody needs it, and it is never loaded.
 */
export async function loadJose(): Promise<Jose> {
  loaded ??= await import('jose');
  return loaded;
}
