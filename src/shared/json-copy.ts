/**
 * Copies a value of JSON. `JSON.parse` and `JSON.stringify` are not used, because a polluted `toJSON` could change the copy, and
 * the global `structuredClone` is missing in some test environments.
 *
 * @throws if the value holds anything else, or is nested too deeply for a function call.
 */
export function copyOfJson<T>(value: T): T;
export function copyOfJson(value: unknown): unknown {
  if (Array.isArray(value)) return Array.from(value, (member) => copyOfJson(member));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, copyOfJson(member)]));
  }
  if (value === undefined || ['function', 'symbol', 'bigint'].includes(typeof value))
    throw new TypeError('The value is not JSON.');
  return value;
}
