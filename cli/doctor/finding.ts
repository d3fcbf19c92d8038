/** What the doctor found out about one thing. */
export interface Finding {
  /** What was looked at, in one or two words. */
  readonly check: 'issuer' | 'discovery' | 'keys' | 'audience' | 'token' | 'challenge' | 'metadata';
  /** `note`: it may be meant so. */
  readonly verdict: 'fits' | 'wrong' | 'note';
  /** One sentence about what is. */
  readonly message: string;
  /** One sentence about what to change. */
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
