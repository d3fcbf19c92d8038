import * as z from 'zod/mini';
import { within } from './deadline.js';
import { configError } from './options.js';
import { memberOf, withoutPrototype } from './own-properties.js';

/**
 * A schema of any library that supports Standard Schema version 1, such as zod, valibot or arktype.
 *
 * @see https://standardschema.dev
 */
export interface StandardSchemaV1<Input = unknown, Output = Input> {
  /** What the library provides for others. */
  readonly '~standard': {
    /** The version of the standard. */
    readonly version: 1;
    /** The name of the library. */
    readonly vendor: string;
    /** Checks a value, and returns the output of the schema or the issues. */
    readonly validate: (value: unknown) => StandardResult<Output> | PromiseLike<StandardResult<Output>>;
    /** Exists only as a type. */
    readonly types?:
      | {
          /** What the schema takes. */
          readonly input: Input;
          /** What the schema returns. */
          readonly output: Output;
        }
      | undefined;
  };
}

/** The answer of a schema. It has either the output or the issues. */
export type StandardResult<Output> =
  | {
      /** The output, if the value matches. */
      readonly value: Output;
      /** Only a mismatch has issues. */
      readonly issues?: undefined;
    }
  | {
      /** What does not match. */
      readonly issues: readonly StandardIssue[];
    };

/** A problem that a schema found. Its message is never shown, because it may contain the value of a claim. */
export interface StandardIssue {
  /** The problem in words. */
  readonly message: string;
  /** Where the problem is. Some libraries wrap each name into an object. */
  readonly path?: readonly (PropertyKey | StandardPathPart)[] | undefined;
}

/** A part of the path of an issue. */
export interface StandardPathPart {
  /** The name of a property, or an index. */
  readonly key: PropertyKey;
}

/** The output of a schema. */
export type OutputOf<Schema extends StandardSchemaV1> = NonNullable<Schema['~standard']['types']>['output'];

/**
 * An option that is a Standard Schema. Schemas of arktype are functions.
 *
 * @internal
 */
export const standardSchema = z.custom<StandardSchemaV1>(
  (value) => validateOf(value) !== undefined,
  'a schema of a library that supports Standard Schema, such as zod, valibot or arktype',
);

/** How long a schema may take. */
const TIMEOUT_MS = 5000;

/** The characters of a name that a message may show. A token may choose the names of its claims, and write anything into them. */
const PLAIN = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_:/.-';
const MAX_NAME = 64;

/** A message shows at most this many names of a path. */
const MAX_NAMES = 10;

/**
 * Checks claims with a schema. The schema gets the claims themselves, so pass a copy if they are used afterwards.
 *
 * @returns the output of the schema, or the path of the first claim that does not match, such as `user.roles.0`. The path is
 *   empty if the schema names none. Each name that is not plain is shown as `…`.
 * @throws {AuthError} `ERR_AUTH_CONFIG` if the schema throws, rejects, takes longer than 5 s or answers with something else. The
 *   error does not repeat what the schema threw, because that may contain claims.
 * @internal
 */
export async function conform(
  schema: StandardSchemaV1,
  claims: object,
): Promise<{ value: unknown } | { path: string }> {
  try {
    const answer: unknown = validateOf(schema)?.(claims);
    const isPending = 'then' in Object(answer);
    return read(Object(isPending ? await within(TIMEOUT_MS, Promise.resolve(answer)) : answer));
  } catch {
    throw configError(
      'The schema of "claims" failed: it must return a result for all claims, within 5 s and without throwing.',
    );
  }
}

type Validate = StandardSchemaV1['~standard']['validate'];

function validateOf(schema: unknown): Validate | undefined {
  if ((typeof schema !== 'object' && typeof schema !== 'function') || schema === null) return undefined;
  const standard = Object(memberOf(schema, '~standard'));
  const validate = memberOf(standard, 'validate');
  return memberOf(standard, 'version') === 1 && typeof validate === 'function'
    ? (validate.bind(standard) as Validate)
    : undefined;
}

function read(answer: object): { value: unknown } | { path: string } {
  const issues = memberOf(answer, 'issues');
  // Without a prototype, so that the name that is absent is not inherited.
  if (issues !== undefined)
    return withoutPrototype({ path: pathOf((issues as readonly StandardIssue[])[0]) });
  const value = memberOf(answer, 'value');
  if (value !== undefined) return withoutPrototype({ value });
  throw new TypeError('The answer has neither a value nor issues.');
}

function pathOf(issue: StandardIssue | undefined): string {
  const path = memberOf(Object(issue), 'path') as StandardIssue['path'];
  const names = (path ?? []).map((part) => String(typeof part === 'object' ? part.key : part));
  const shown = names.slice(0, MAX_NAMES).map((name) => (isPlain(name) ? name : '…'));
  return (names.length > MAX_NAMES ? [...shown, '…'] : shown).join('.');
}

// No regular expression, because JavaScript engines keep the last matched input.
const isPlain = (name: string): boolean =>
  name.length > 0 && name.length <= MAX_NAME && [...name].every((character) => PLAIN.includes(character));
