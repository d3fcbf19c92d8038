// jose reads durations such as '2h' but does not export its reader, and its builders read them against the
// wall clock, which a `timeout` or a cap cannot use. The grammar is jose's; a property test holds the two equal.
const DURATION = /^([+-]?) ?(\d+(?:\.\d+)?) ?([a-z]+)( ago| from now)?$/i;

const UNITS: ReadonlyArray<readonly [seconds: number, names: readonly string[]]> = [
  [1, ['s', 'sec', 'secs', 'second', 'seconds']],
  [60, ['m', 'min', 'mins', 'minute', 'minutes']],
  [3_600, ['h', 'hr', 'hrs', 'hour', 'hours']],
  [86_400, ['d', 'day', 'days']],
  [604_800, ['w', 'week', 'weeks']],
  [31_557_600, ['y', 'yr', 'yrs', 'year', 'years']],
];

const SECONDS_PER_UNIT = new Map(UNITS.flatMap(([seconds, names]) => names.map((name) => [name, seconds])));

/**
 * The number of seconds in a duration such as `'90s'`, `'15m'`, `'2 hours'` or `'7d'`: fractional where the
 * text is (`'0.5s'`), negative for the past (`'1h ago'`), `undefined` for what is not a duration.
 */
export function parseDuration(text: unknown): number | undefined {
  const [, sign, amount, unit, direction] = (typeof text === 'string' && DURATION.exec(text)) || [];
  const secondsPerUnit = SECONDS_PER_UNIT.get(unit?.toLowerCase() ?? '');
  if (secondsPerUnit === undefined || (sign && direction)) return undefined;
  const seconds = Number(amount) * secondsPerUnit;
  if (!Number.isFinite(seconds)) return undefined;
  return sign === '-' || direction?.toLowerCase() === ' ago' ? -seconds : seconds;
}
