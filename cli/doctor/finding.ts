/** One result of the doctor. */
export interface Finding {
  /** What was checked. */
  readonly check: 'issuer' | 'discovery' | 'keys' | 'audience' | 'token' | 'challenge' | 'metadata';
  /** `note`: it may be intended. */
  readonly verdict: 'fits' | 'wrong' | 'note';
  /** One sentence that says what was found. */
  readonly message: string;
  /** One sentence that says what to change. */
  readonly change?: string;
}

type Check = Finding['check'];

export const fits = (check: Check, message: string): Finding => ({ check, verdict: 'fits', message });

export const wrong = (check: Check, message: string, change: string): Finding => ({
  check,
  verdict: 'wrong',
  message,
  change,
});

export const note = (check: Check, message: string, change?: string): Finding => ({
  check,
  verdict: 'note',
  message,
  ...(change !== undefined && { change }),
});

/** The result of the discovery. */
export interface Discovered {
  readonly findings: readonly Finding[];
  /** The URL of the keys, from a document that names this issuer. */
  readonly jwksUrl?: URL;
  /** Whether a client finds that URL from the issuer alone. */
  readonly isDiscoverable?: boolean;
  /** How the authorization server calls itself, if that is not the issuer of its tokens. */
  readonly server?: string;
  /** The issuer of its access tokens, if that is another one. */
  readonly accessTokenIssuer?: string;
}
