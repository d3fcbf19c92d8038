/** A time in a form that people and agents can read. */
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

/**
 * Reads the time in a claim. Returns `undefined` for a value that is not a time.
 *
 * @param seconds since the epoch: the value of the claim.
 * @param now milliseconds since the epoch.
 */
export function readTime(seconds: unknown, now: number): ReadableTime | undefined {
  const iso = isoTime(seconds);
  return iso === undefined ? undefined : { iso, relative: relative((seconds as number) - now / 1000) };
}

/** Writes seconds since the epoch in ISO 8601, in UTC, without fractions. `undefined` for a value that no date can hold. */
export function isoTime(seconds: unknown): string | undefined {
  if (typeof seconds !== 'number' || !(Math.abs(seconds) <= 8.64e12)) return undefined;
  return new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
}

/** The time from now, in the longest unit that fits at least twice, otherwise in seconds. */
function relative(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole === 0) return 'now';
  const [unit, size] = UNITS.find(([, size]) => Math.abs(whole) >= 2 * size) ?? ['second', 1];
  const count = Math.round(Math.abs(whole) / size);
  const length = `${count.toLocaleString('en')} ${unit}${count === 1 ? '' : 's'}`;
  return whole < 0 ? `${length} ago` : `in ${length}`;
}

/** A length of time, for example `5 minutes`. */
export const span = (seconds: number): string => relative(seconds).replace(/^in /, '');
