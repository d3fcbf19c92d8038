import { AuthError } from '../errors.js';
import { inheritedProblem } from './own-properties.js';

/**
 * The options that an object itself has, each read once, as a copy without a prototype: what is checked is what is
 * used, and a polluted `Object.prototype` configures nothing.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` for an option that is `undefined`, that a class defines, or that throws when it
 *   is read. Each would otherwise switch a check off without a word.
 */
export function ownOptions(input: unknown, prefix = ''): unknown {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return input;
  const quoted = (name: string): string => JSON.stringify(prefix + name);
  const copy: Record<string, unknown> = Object.create(null);
  for (const name of Object.getOwnPropertyNames(input)) {
    const value = read(input, name, quoted(name));
    copy[name] = name === 'jwks' ? ownOptions(value, 'jwks.') : value;
    if (name === 'issuers' && Array.isArray(value)) {
      copy[name] = value.map((entry, index) => ownOptions(entry, `issuers[${index}].`));
    }
    // `issuer: process.env.ISSUER` with the variable unset.
    if (copy[name] === undefined)
      throw configError(`${quoted(name)} is undefined: give it a value or leave it out.`);
  }
  const inherited = inheritedProblem(input, prefix);
  if (inherited === undefined) return copy;
  throw configError(inherited);
}

/** The error of every mistake in the configuration. */
export const configError = (message: string): AuthError => new AuthError('ERR_AUTH_CONFIG', message);

function read(input: object, name: string, quoted: string): unknown {
  try {
    return (input as Record<string, unknown>)[name];
  } catch {
    throw configError(`${quoted} throws when it is read: give its value.`);
  }
}
