import { z } from 'intentkit';

/** The claims that an agent cannot set, and what to use instead. */
const RESERVED: ReadonlyMap<string, string> = new Map([
  ['sub', 'use the "subject" field'],
  ['exp', 'use the "expires_in" field'],
  ['iat', 'it is always the time of signing'],
  ['nbf', 'a token is valid from the time of signing'],
  ['iss', 'it is set by the server'],
  ['aud', 'it is set by the server'],
  // Tokens with the same `jti` are revoked together, at any server that accepts them.
  ['jti', 'it is set by the server'],
]);

/** Any claims. zod writes an empty schema for any value, and strict MCP clients reject that. `true` means the same. */
export const anyClaims = z
  .record(z.string(), z.unknown(), 'it must be an object of claims, such as {"role":"editor"}')
  .meta({ additionalProperties: true });

/** Says which reserved claims are among these claims, and what to use instead. `undefined` if none is. */
export function reservedAmong(claims: object): string | undefined {
  const found = [...RESERVED].filter(([claim]) => Object.hasOwn(claims, claim));
  const advice = found.map(([claim, instead]) => `"${claim}": ${instead}`).join('; ');
  return found.length === 0 ? undefined : `"claims" must not hold ${advice}.`;
}

/**
 * Returns the schema of an operator with other claims refused. Its checks and transforms stay. `undefined` if the value is
 * another kind of schema, names a reserved claim, or cannot be described to an agent in JSON Schema.
 */
export function describableClaims(schema: unknown): z.ZodType | undefined {
  const strict = strictClaims(schema);
  try {
    if (strict) z.toJSONSchema(strict, { io: 'input' });
    return strict;
  } catch {
    return undefined;
  }
}

function strictClaims(schema: unknown): z.ZodType | undefined {
  if (schema instanceof z.core.$ZodObject) {
    const { def } = schema as z.ZodObject;
    const isLoose = def.catchall !== undefined && !(def.catchall instanceof z.core.$ZodNever);
    if (isLoose || reservedAmong(def.shape) !== undefined) return undefined;
    const error = (issue: z.core.$ZodRawIssue): string | undefined =>
      issue.code === 'unrecognized_keys'
        ? reservedAmong(Object.fromEntries(issue.keys.map((key) => [key, 0])))
        : undefined;
    return asType(z.core.clone(schema, { ...def, error, catchall: z.never() }));
  }
  // An object with a transform.
  if (!(schema instanceof z.core.$ZodPipe)) return undefined;
  const { def } = schema as z.ZodPipe;
  if (def.out instanceof z.core.$ZodObject && !strictClaims(def.out)) return undefined;
  const strict = strictClaims(def.in);
  return strict && asType(z.core.clone(schema, { ...def, in: strict }));
}

/** Every schema of zod 4 can be part of another, also one of zod/mini. */
const asType = (schema: z.core.$ZodType): z.ZodType => schema as z.ZodType;

/** The "claims" field of the input. Defaults of the operator's schema also apply where the agent gives no claims. */
export function claimsField(schema: z.ZodType | undefined): z.ZodOptional<typeof anyClaims> {
  const field = anyClaims.optional();
  if (!schema) return field;
  const bounded = needsClaims(schema) ? z.nonoptional(schema) : z.prefault(schema, {});
  // The types of the functions are the same for every schema.
  return bounded as unknown as typeof field;
}

/** True if the schema requires claims. It is not run, because its checks are for calls of an agent. */
const needsClaims = (schema: z.ZodType): boolean =>
  (z.toJSONSchema(schema, { io: 'input' }).required ?? []).length > 0;
