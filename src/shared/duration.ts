// jose reads durations such as '2h' but does not export its reader, and its builders read them against the
// wall clock, which a `timeout` or a cap cannot use. The grammar is jose's; a property test holds the two equal.
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
 * The number of seconds in a duration such as `'90s'`, `'15m'`, `'2 hours'` or `'7d'`: fractional where the
 * text is (`'0.5s'`), negative for the past (`'1h ago'`), `undefined` for what is not a duration.
 */
export function parseDuration(text: unknown): number | undefined {
  const [, sign, amount, unit, direction] = (typeof text === 'string' && DURATION.exec(text)) || [];
  if (unit === undefined || (sign && direction)) return undefined;
  const seconds = Number(amount) * (SECONDS[unit.charAt(0).toLowerCase()] ?? Number.NaN);
  if (!Number.isFinite(seconds)) return undefined;
  return sign === '-' || direction?.toLowerCase() === ' ago' ? -seconds : seconds;
}

/** A hundred years: beyond it, a duration is a mistake, and arithmetic on times loses its precision. */
const MAX_SECONDS = 100 * 31_557_600;

/** Into the past is no lifetime, no tolerance and no timeout. */
const bounded = (text: unknown): number | undefined => {
  const seconds = parseDuration(text);
  return seconds === undefined || seconds < 0 || seconds > MAX_SECONDS ? undefined : seconds;
};

/** A duration as claims need it: in whole seconds. `undefined`: not a duration, one into the past, or one of more than a hundred years. */
export function parseWholeSeconds(text: unknown): number | undefined {
  const seconds = bounded(text);
  return seconds === undefined ? undefined : Math.round(seconds);
}

/** A duration as timers need it: in whole milliseconds. `undefined`: as for {@link parseWholeSeconds}. */
export function parseMilliseconds(text: unknown): number | undefined {
  const seconds = bounded(text);
  return seconds === undefined ? undefined : Math.round(seconds * 1000);
}
