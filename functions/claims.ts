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
 * Returns the schema of an operator with other claims refused. Its description, checks and transforms stay. For a schema that
 * cannot be used, returns a phrase that says what it must be.
 */
export function describableClaims(schema: unknown): z.ZodType | string {
  const strict = strictClaims(schema);
  try {
    if (typeof strict !== 'string') z.toJSONSchema(strict, { io: 'input' });
    return strict;
  } catch {
    return 'a schema that JSON Schema can describe, so without dates, maps and other values that JSON does not have';
  }
}

function strictClaims(schema: unknown): z.ZodType | string {
  if (schema instanceof z.core.$ZodObject) {
    const { def } = schema as z.ZodObject;
    if (def.catchall !== undefined && !(def.catchall instanceof z.core.$ZodNever))
      return 'a schema that allows no other claims: use z.object, without a catchall';
    return reservedIn(def.shape) ?? copyOf(schema, { ...def, error: complaintOf(def), catchall: z.never() });
  }
  // An object with a transform.
  if (!(schema instanceof z.core.$ZodPipe))
    return 'an object schema of zod 4, such as z.object({ role: z.string() })';
  const { def } = schema as z.ZodPipe;
  const out = def.out instanceof z.core.$ZodObject ? strictClaims(def.out) : undefined;
  if (typeof out === 'string') return out;
  const strict = strictClaims(def.in);
  return typeof strict === 'string' ? strict : copyOf(schema, { ...def, in: strict });
}

/** What an operator sets instead of a reserved claim. */
const OPTIONS: ReadonlyMap<string, string> = new Map([
  ['sub', ': use "mint.subject"'],
  ['exp', ': use "mint.maxExpiry"'],
]);

/** Says what a schema that names a reserved claim must be. */
function reservedIn(shape: object): string | undefined {
  const name = Object.keys(shape).find((claim) => RESERVED.has(claim));
  if (name === undefined) return undefined;
  return `a schema that does not name ${JSON.stringify(name)}, which the server sets${OPTIONS.get(name) ?? ''}`;
}

/** The messages of the schema. Where the operator has none, they say what an agent must change. */
function complaintOf({ shape, error }: z.ZodObject['def']): z.core.$ZodErrorMap {
  const names = Object.keys(shape).map((name) => JSON.stringify(name));
  const mistyped = `it must be an object of claims${names.length === 0 ? '' : ` (the claims are ${names.join(', ')})`}`;
  return (issue) => {
    if (issue.code === 'unrecognized_keys')
      return reservedAmong(Object.fromEntries(issue.keys.map((key) => [key, 0])));
    const own = (error as z.core.$ZodErrorMap | undefined)?.(issue);
    return own ?? (issue.code === 'invalid_type' && issue.input !== undefined ? mistyped : undefined);
  };
}

/** Every schema of zod 4 can be part of another, also one of zod/mini. The copy keeps the description. */
function copyOf<Schema extends z.core.$ZodType>(schema: Schema, def: Schema['_zod']['def']): z.ZodType {
  const copy = z.core.clone(schema, def);
  const { id, ...meta } = z.globalRegistry.get(schema) ?? {};
  z.globalRegistry.add(copy, meta);
  return copy as z.core.$ZodType as z.ZodType;
}

const ANY_CLAIMS = 'Claims except iss, aud, exp, iat, nbf, sub and jti';
const THESE_CLAIMS = 'The claims of the token. This server allows only these';

/** The "claims" field of the input. Defaults of the operator's schema also apply where the agent gives no claims. */
export function claimsField(schema: z.ZodType | undefined): z.ZodOptional<typeof anyClaims> {
  const field = anyClaims.optional();
  if (!schema) return field.describe(ANY_CLAIMS);
  // The schema is described and not run, because its checks are for calls of an agent.
  const { description = THESE_CLAIMS, required = [] } = z.toJSONSchema(schema, { io: 'input' });
  const bounded = required.length > 0 ? z.nonoptional(schema) : z.prefault(schema, {});
  // The types of the functions are the same for every schema.
  return bounded.describe(description) as unknown as typeof field;
}
