/** A time of a claim as people read it. */
export interface ReadableTime {
  /** ISO 8601, in UTC, without fractions. */
  readonly iso: string;
  /** Such as `in 5 minutes` or `3 days ago`. */
  readonly relative: string;
}

/** Units by their seconds, the longest first. */
const UNITS = [
  ['year', 31_557_600],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
  ['second', 1],
] as const;

const ENGLISH = new Intl.RelativeTimeFormat('en');

/**
 * The time of a claim, or `undefined` for what is none.
 *
 * @param seconds since the epoch, as the claim has it.
 * @param now milliseconds since the epoch.
 */
export function readTime(seconds: unknown, now: number): ReadableTime | undefined {
  if (typeof seconds !== 'number' || !(Math.abs(seconds) <= 8.64e12)) return undefined;
  const iso = new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  return { iso, relative: relative(seconds - now / 1000) };
}

/** A span of time from now, in its longest unit of which there are two, or in seconds. */
function relative(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole === 0) return 'now';
  const [unit, size] = UNITS.find(([, size]) => Math.abs(whole) >= 2 * size) ?? ['second', 1];
  return ENGLISH.format(Math.round(whole / size), unit);
}

/** A span of time, such as `5 minutes`. */
export const span = (seconds: number): string => relative(seconds).replace(/^in /, '');
