import type * as z from 'zod/mini';

/** What an option accepts: a value, an object of further options, or a list of such objects. */
export type Accepted = z.ZodMiniType | Shape | readonly [Shape];

/** The options of a function, by name. An option is optional unless its schema is `z.nonoptional`. */
export interface Shape {
  readonly [name: string]: Accepted;
}

/** Options that were checked and copied. They inherit nothing, so plain property access is safe. */
export type Checked<S extends Shape> = {
  readonly [Name in RequiredName<S>]: CheckedValue<S[Name]>;
} & {
  readonly [Name in Exclude<keyof S, RequiredName<S>>]?: CheckedValue<S[Name]>;
};

type RequiredName<S extends Shape> = {
  [Name in keyof S]: S[Name] extends z.ZodMiniNonOptional ? Name : never;
}[keyof S];

type CheckedValue<A> = A extends z.ZodMiniType
  ? z.output<A>
  : A extends readonly [infer Nested extends Shape]
    ? readonly Checked<Nested>[]
    : A extends Shape
      ? Checked<A>
      : never;

/**
 * A shape with exactly the options of an interface. Each option must be required or optional in both. If only one of the two
 * has an option, the code does not compile.
 */
export type ShapeOf<Options, S> = {
  readonly [Name in keyof Options | keyof S]: Name extends keyof Options & keyof S
    ? AcceptedOf<Options[Name], S[Name]>
    : never;
};

type AcceptedOf<Value, A> = A extends z.ZodMiniType
  ? undefined extends Value
    ? Exclude<A, z.ZodMiniNonOptional>
    : Extract<A, z.ZodMiniNonOptional>
  : A extends readonly [infer Nested]
    ? readonly [NonNullable<Value> extends readonly (infer Entry)[] ? ShapeOf<Entry, Nested> : never]
    : ShapeOf<NonNullable<Value>, A>;
