/** The time in a claim, in a form that people can read. */
export interface ReadableTime {
  /** ISO 8601, in UTC, without fractions. */
  readonly iso: string;
  /** For example `in 5 minutes` or `3 days ago`. */
  readonly relative: string;
}

/** Units and their seconds, the longest first. */
const UNITS = [
  ['year', 31_557_600],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

const ENGLISH = new Intl.RelativeTimeFormat('en');

/**
 * Reads the time in a claim. Returns `undefined` for a value that is not a time.
 *
 * @param seconds since the epoch: the value of the claim.
 * @param now milliseconds since the epoch.
 */
export function readTime(seconds: unknown, now: number): ReadableTime | undefined {
  if (typeof seconds !== 'number' || !(Math.abs(seconds) <= 8.64e12)) return undefined;
  const iso = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return { iso, relative: relative(seconds - now / 1000) };
}

/** The time from now, in the longest unit that fits at least twice, otherwise in seconds. */
function relative(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole === 0) return 'now';
  const [unit, size] = UNITS.find(([, size]) => Math.abs(whole) >= 2 * size) ?? ['second', 1];
  return ENGLISH.format(Math.round(whole / size), unit);
}

/** A length of time, for example `5 minutes`. */
export const span = (seconds: number): string => relative(seconds).replace(/^in /, '');
