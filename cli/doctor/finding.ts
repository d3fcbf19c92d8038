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
