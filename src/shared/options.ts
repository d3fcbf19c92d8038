import * as z from 'zod/mini';
import { AuthError, type AuthErrorCode } from '../errors.js';
import { nearestName } from './nearest-name.js';
import { inheritedName, isObject, withoutPrototype } from './own-properties.js';
import type { Accepted, Checked, Shape, ShapeOf } from './shape.js';

/** The function whose options are checked, and the code of its errors. */
interface Owner {
  readonly of: string;
  readonly code: AuthErrorCode;
}

/** For a function with at most this many options, the error about an unknown option lists all of them. */
const FEW_NAMES = 5;

/**
 * Checks the options of a function and copies them, so that later changes have no effect. Each option must be known, and an own
 * property. `undefined`, `null` and inherited options are refused, because each could silently switch off a check. A polluted
 * `Object.prototype` changes nothing. Symbols are ignored.
 *
 * @param of the name of the function.
 * @throws {AuthError} with this code. The message names the option and what it accepts, but never its value.
 */
export function checkOptions<Options extends object, S extends Shape>(
  options: Options,
  shape: S & ShapeOf<Options, S>,
  of: string,
  code: AuthErrorCode = 'ERR_AUTH_CONFIG',
): Checked<S> {
  if (!isObject(options)) throw new AuthError(code, `The options of ${of} must be an object.`);
  return copyOf(options, shape, '', { of, code }) as Checked<S>;
}

/**
 * Checks a value that is not among the options, such as another argument.
 *
 * @param name what the error calls the value.
 * @throws {AuthError} with this code.
 */
export function checkValue<S extends z.ZodMiniType>(
  value: unknown,
  schema: S,
  name: string,
  code: AuthErrorCode = 'ERR_AUTH_CONFIG',
): z.output<S> {
  const result = z.safeParse(schema, value);
  if (result.success) return result.data;
  throw new AuthError(code, `${name} must be ${result.error.issues[0]?.message}.`);
}

/** Creates the error for options that cannot be combined. */
export const configError = (message: string): AuthError => new AuthError('ERR_AUTH_CONFIG', message);

/** @param path the prefix of the names in messages, such as `jwks.`. */
function copyOf(options: object, shape: Shape, path: string, owner: Owner): object {
  const copy = withoutPrototype<Record<string, unknown>>();
  for (const name of Object.getOwnPropertyNames(options)) {
    const accepted = Object.hasOwn(shape, name) ? shape[name] : undefined;
    if (!accepted)
      throw mistake(owner, path + name, `is not an option of ${owner.of}.${hint(name, path, shape)}`);
    copy[name] = checked(read(options, name, path, owner), accepted, path + name, owner);
  }
  const inherited = inheritedName(options);
  if (inherited !== undefined) {
    throw mistake(
      owner,
      path + inherited,
      'is inherited from a class: copy the options into a plain object.',
    );
  }
  // `Object.entries` would take longer than the rest of this function.
  for (const name of Object.keys(shape)) {
    const accepted = shape[name];
    if (Object.hasOwn(copy, name) || !isRequired(accepted)) continue;
    const { error } = z.safeParse(accepted, undefined);
    throw mistake(owner, path + name, `is missing: it must be ${error?.issues[0]?.message}.`);
  }
  return copy;
}

function read(options: object, name: string, path: string, owner: Owner): unknown {
  let value: unknown;
  try {
    value = (options as Record<string, unknown>)[name];
  } catch {
    throw unreadable(owner, path + name);
  }
  // The usual causes are `issuer: process.env.ISSUER` with the variable not set, and `null` in a JSON file.
  if (value !== undefined && value !== null) return value;
  throw mistake(owner, path + name, `is ${value}: give it a value or leave it out.`);
}

function checked(value: unknown, accepted: Accepted, name: string, owner: Owner): unknown {
  if (isSchema(accepted)) return parsed(value, accepted, name, owner);
  if (!isList(accepted)) return nested(value, accepted, name, owner);
  const [shape] = accepted;
  if (Array.isArray(value) && value.length > 0) {
    return Array.from(value, (entry, index) => nested(entry, shape, `${name}[${index}]`, owner));
  }
  throw mistake(owner, name, `must be a non-empty list of ${name}.`);
}

function nested(value: unknown, shape: Shape, name: string, owner: Owner): object {
  if (isObject(value)) return copyOf(value, shape, `${name}.`, owner);
  throw mistake(owner, name, 'must be an object of options.');
}

function parsed(value: unknown, schema: z.ZodMiniType, name: string, owner: Owner): unknown {
  let result: ReturnType<typeof z.safeParse>;
  try {
    result = z.safeParse(schema, value);
  } catch {
    // A getter inside the value has thrown.
    throw unreadable(owner, name);
  }
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  // The message shows names, such as that of a header, but not positions in a list.
  const keys = issue?.path.filter((key) => typeof key === 'string') ?? [];
  throw mistake(owner, [name, ...keys].join('.'), `must be ${issue?.message}.`);
}

/** What options are called here that other libraries call by these names. */
const OTHER_NAMES: Readonly<Record<string, readonly string[]>> = {
  issuerBaseURL: ['issuers', 'issuer'],
  domain: ['issuers', 'issuer'],
};

/** Names the most similar option, or all options if there are few. */
function hint(name: string, path: string, shape: Shape): string {
  const known = Object.keys(shape);
  const others = Object.hasOwn(OTHER_NAMES, name) ? OTHER_NAMES[name] : undefined;
  const nearest = others?.find((one) => known.includes(one)) ?? nearestName(name, known);
  if (nearest !== undefined) return ` Did you mean "${path}${nearest}"?`;
  if (known.length > FEW_NAMES) return '';
  return ` Its options are ${known.map((one) => `"${path}${one}"`).join(', ')}.`;
}

const mistake = ({ code }: Owner, name: string, problem: string): AuthError =>
  new AuthError(code, `${JSON.stringify(name)} ${problem}`);

const unreadable = (owner: Owner, name: string): AuthError =>
  mistake(owner, name, 'throws when it is read: give its value.');

const isSchema = (accepted: Accepted): accepted is z.ZodMiniType => accepted instanceof z.ZodMiniType;
const isRequired = (accepted: Accepted | undefined): accepted is z.ZodMiniNonOptional =>
  accepted instanceof z.ZodMiniNonOptional;
const isList = (accepted: Shape | readonly [Shape]): accepted is readonly [Shape] => Array.isArray(accepted);
