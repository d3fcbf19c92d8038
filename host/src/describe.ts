import type { z } from 'zod';

/**
 * Says what is wrong with an argument, in words that follow its name. `undefined`: zod's own message is used. A message set on a
 * schema wins over both.
 */
export function describe(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'unrecognized_keys':
      return '';
    case 'invalid_type':
      return issue.input === undefined ? 'it is missing' : `it must be of type ${issue.expected}`;
    case 'invalid_value':
      return `it must be ${oneOf(issue.values.map((value) => (typeof value === 'string' ? JSON.stringify(value) : String(value))))}`;
    case 'too_small':
      return sizeOf(issue, issue.minimum, issue.inclusive ? 'at least' : 'more than');
    case 'too_big':
      return sizeOf(issue, issue.maximum, issue.inclusive ? 'at most' : 'less than');
    case 'invalid_format':
      return formatOf(issue);
    default:
      return undefined;
  }
}

const oneOf = (values: readonly string[]): string =>
  values.length === 1 ? values.join() : `one of ${values.join(', ')}`;

/** What the length of a value is counted in. */
const UNITS: ReadonlyMap<string, string> = new Map([
  ['string', 'characters'],
  ['array', 'items'],
  ['set', 'items'],
]);

function sizeOf(
  { origin, exact }: { origin: string; exact?: boolean },
  limit: number | bigint,
  comparison: string,
): string | undefined {
  const unit = UNITS.get(origin);
  if (origin === 'number' || origin === 'int') return `it must be ${comparison} ${limit}`;
  if (unit === undefined) return undefined;
  if (comparison === 'at least' && limit === 1 && !exact) return 'it must not be empty';
  return `its number of ${unit} must be ${exact ? 'exactly' : comparison} ${limit}`;
}

function formatOf({ format, pattern, prefix, suffix, includes }: FormatIssue): string {
  switch (format) {
    case 'regex':
      return `it must match ${pattern}`;
    case 'starts_with':
      return `it must start with ${JSON.stringify(prefix)}`;
    case 'ends_with':
      return `it must end with ${JSON.stringify(suffix)}`;
    case 'includes':
      return `it must contain ${JSON.stringify(includes)}`;
    default:
      return `it must be a valid ${format}`;
  }
}

type FormatIssue = Extract<z.core.$ZodRawIssue, { code: 'invalid_format' }>;
