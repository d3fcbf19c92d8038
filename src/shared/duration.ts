// The same grammar as jose's, which does not export its parser. A property test compares the two.
const DURATION =
  /^([+-]?) ?(\d+(?:\.\d+)?) ?(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?|y|yrs?|years?)( ago| from now)?$/i;

const SECONDS: Readonly<Record<string, number>> = {
  s: 1,
  m: 60,
  h: 3_600,
  d: 86_400,
  w: 604_800,
  y: 31_557_600,
};

/**
 * Parses a duration such as `'90s'`, `'15m'`, `'2 hours'` or `'7d'` into seconds. The result can be a fraction (`'0.5s'`) or
 * negative (`'1h ago'`). Returns `undefined` for anything that is not a duration.
 */
export function parseDuration(text: unknown): number | undefined {
  const [, sign, amount, unit, direction] = (typeof text === 'string' && DURATION.exec(text)) || [];
  if (unit === undefined || (sign && direction)) return undefined;
  const seconds = Number(amount) * (SECONDS[unit.charAt(0).toLowerCase()] ?? Number.NaN);
  if (!Number.isFinite(seconds)) return undefined;
  return sign === '-' || direction?.toLowerCase() === ' ago' ? -seconds : seconds;
}

/** The units that durations are written in, the longest first. */
const WRITTEN = ['y', 'd', 'h', 'm', 's'];

/** Writes seconds as a quoted duration, in the longest unit that leaves no fraction, such as `"90m"`. */
export function formatDuration(seconds: number): string {
  const unit = WRITTEN.find((one) => seconds % (SECONDS[one] ?? 1) === 0) ?? 's';
  return `"${seconds / (SECONDS[unit] ?? 1)}${unit}"`;
}

/** A hundred years. A longer duration is a mistake, and would make sums of times imprecise. */
export const LONGEST_SECONDS = 100 * 31_557_600;

/** Rejects negative durations and those of more than a hundred years. */
const bounded = (text: unknown): number | undefined => {
  const seconds = parseDuration(text);
  return seconds === undefined || seconds < 0 || seconds > LONGEST_SECONDS ? undefined : seconds;
};

/** Parses a duration for claims, rounded to whole seconds. `undefined` if it is invalid, negative or over a hundred years. */
export function parseWholeSeconds(text: unknown): number | undefined {
  const seconds = bounded(text);
  return seconds === undefined ? undefined : Math.round(seconds);
}

/** Parses a duration for timers, rounded to whole milliseconds. `undefined` as for {@link parseWholeSeconds}. */
export function parseMilliseconds(text: unknown): number | undefined {
  const seconds = bounded(text);
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}
