import { own } from '../src/shared/own-properties.js';

/** A token for an API, on behalf of a caller. */
export interface DownstreamToken {
  /** The access token. Send it only to the API that it is for. */
  token: string;
  /** When it expires, in seconds since the epoch. */
  expiresAt: number;
  /** The scopes that the issuer has granted. */
  scopes: string[];
}

/**
 * Reads a token that was kept. `undefined` if the text is not one.
 *
 * @internal
 */
export function tokenIn(text: string | undefined): DownstreamToken | undefined {
  if (text === undefined) return undefined;
  // Only this package can have sealed the text, so it is JSON with these members.
  const kept: object = JSON.parse(text);
  const [token, expiresAt, scopes] = ['token', 'expiresAt', 'scopes'].map((name) => own(kept, name));
  return { token: String(token), expiresAt: Number(expiresAt), scopes: scopes as string[] };
}
