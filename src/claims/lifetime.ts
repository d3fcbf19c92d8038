import { formatDuration, LONGEST_SECONDS, parseDuration } from '../shared/duration.js';
import { isoTime } from '../shared/readable-time.js';

/** The bounds of a token's lifetime, in seconds. */
export interface LifetimePolicy {
  readonly defaultExpiry: number;
  /** `Infinity` without a maximum. */
  readonly maxExpiry: number;
}

/**
 * Reads a lifetime such as `'15m'`. Returns the seconds, or a sentence that says what to write instead. The sentence never
 * contains what was given, and never proposes a lifetime that would be refused.
 *
 * @param name the name of the option or field, for the sentence.
 * @param now seconds since the epoch.
 */
export function readLifetime(
  value: unknown,
  name: string,
  { defaultExpiry, maxExpiry }: LifetimePolicy,
  now: number,
): number | string {
  const most = Math.min(maxExpiry, LONGEST_SECONDS);
  const field = JSON.stringify(name);
  const byDefault = defaultExpiry === most ? '' : ` The default is ${formatDuration(defaultExpiry)}.`;
  const duration = parseDuration(value);
  if (duration !== undefined) {
    if (duration > most) return `${field} must be at most ${formatDuration(most)}.${byDefault}`;
    // "0.6s" is rounded to one second.
    return Math.round(duration) >= 1 ? Math.round(duration) : `${field} must be at least "1s".${byDefault}`;
  }

  const count = secondsIn(value);
  if (count !== undefined && !isEpochTime(count, now)) {
    if (Math.round(count) < 1) return `${field} must be at least "1s".${byDefault}`;
    return count > most
      ? `${field} needs a unit, such as "s" for seconds, and must be at most ${formatDuration(most)}.`
      : `${field} needs a unit: write ${count} seconds as "${count}s".`;
  }
  const meant = Math.round(meantBy(value, count, now) ?? Number.NaN);
  return (
    `${field} must be a lifetime: a duration from now with one unit. ${proposal(meant, defaultExpiry, most)} ` +
    `It is ${isoTime(now)} now, the default is ${formatDuration(defaultExpiry)}, and the maximum is ${formatDuration(most)}.`
  );
}

function proposal(meant: number, defaultExpiry: number, most: number): string {
  if (meant < 1) return `That time has passed: write for example ${formatDuration(defaultExpiry)}.`;
  if (meant > most) return `That is too long: write at most ${formatDuration(most)}.`;
  return meant >= 1
    ? `Write ${formatDuration(meant)}.`
    : `Write for example ${formatDuration(defaultExpiry)}.`;
}

/** Longer text is never a lifetime. JavaScript engines keep the last text that a regular expression matched. */
const MAX_LENGTH = 64;

/** The value of a number, or of a text that is only a number. */
function secondsIn(value: unknown): number | undefined {
  const isNumber =
    typeof value === 'string' && value.length <= MAX_LENGTH && /^\s*[+-]?\d+(\.\d+)?\s*$/.test(value);
  const number = isNumber ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined;
}

const TEN_YEARS = 10 * 31_557_600;

/** True for a number that is a time around now, in seconds or milliseconds since the epoch. It is not meant as a duration. */
const isEpochTime = (count: number, now: number): boolean =>
  [count, count / 1000].some((time) => Math.abs(time - now) < TEN_YEARS);

/** The seconds from now that someone probably means. `undefined` if that is not clear. */
function meantBy(value: unknown, count: number | undefined, now: number): number | undefined {
  if (count !== undefined) return (count > 100 * now ? count / 1000 : count) - now;
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined;
  const text = value.normalize('NFKC').trim().toLowerCase();
  const time = timeIn(text);
  return time === undefined ? (periodIn(text) ?? sumIn(text)) : time - now;
}

const DATE = /^(\d{4}-\d\d-\d\d)(?:[t ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?) ?(z|utc|[+-]\d\d:\d\d)?)?$/;

/** Reads an ISO date, in seconds since the epoch. Without a time zone, it is in UTC. */
function timeIn(text: string): number | undefined {
  const [, date, time = '00:00', zone = 'z'] = DATE.exec(text) ?? [];
  const milliseconds = Date.parse(`${date}T${time}${zone === 'utc' ? 'Z' : zone.toUpperCase()}`);
  return Number.isNaN(milliseconds) ? undefined : milliseconds / 1000;
}

const PERIOD = /^p(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)w)?(?:(\d+)d)?(?:t(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?)?$/;
const DAY = 86_400;
const PERIOD_UNITS = [31_557_600, 30 * DAY, 7 * DAY, DAY, 3600, 60, 1];

/** Reads a duration of ISO 8601, such as `PT15M`. */
function periodIn(text: string): number | undefined {
  const [, ...counts] = PERIOD.exec(text) ?? [];
  return counts.length === 0
    ? undefined
    : counts.reduce((sum, count, at) => sum + Number(count ?? 0) * (PERIOD_UNITS[at] ?? 0), 0);
}

const PART = /(?<count>\d+(?:[.,]\d+)?|\ban?\b|\bone\b)[\s-]*(?<unit>months?|[a-z]+)/g;
const FILLER = /^(?:\b(?:in|for|from|now|and|about|within|after|next|the|valid)\b|[\s,.~+"'`“”()])*$/;

/** Adds up durations in text, such as `1h30m`, `in 15 minutes` or `"2 days"`. */
function sumIn(text: string): number | undefined {
  let sum = 0;
  for (const { groups: { count = '', unit = '' } = {} } of text.matchAll(PART)) {
    const factor = unit.startsWith('month') ? 30 * DAY : parseDuration(`1${unit}`);
    if (factor === undefined) return undefined;
    sum += (count.startsWith('a') || count === 'one' ? 1 : Number(count.replace(',', '.'))) * factor;
  }
  return sum > 0 && FILLER.test(text.replace(PART, '')) ? sum : undefined;
}
