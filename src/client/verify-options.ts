import * as z from 'zod/mini';
import { BrokenRule } from '../claims/check.js';
import { checkOptions } from '../shared/options.js';
import { conform, standardSchema } from '../shared/standard-schema.js';
import type { TokenPayload, VerifyOptions, VerifyResult } from '../types.js';
import type { Verify } from './observe.js';

/** The options of `verify`. */
export const VERIFY_OPTIONS = { claims: z.nonoptional(standardSchema) };

/**
 * Verifies a token and checks its claims with the schema in the options. The payload of a valid result is the output of the
 * schema. The result of the client keeps the claims of the token, so that `onVerdict` reports them.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` for an option that is missing, unknown or unusable, or if the schema fails.
 */
export async function verifyWith(verify: Verify, token: unknown, options: object): Promise<VerifyResult> {
  const { claims: schema } = checkOptions(options as VerifyOptions, VERIFY_OPTIONS, 'verify');
  let output: unknown;
  const result = await verify(token, undefined, async (claims) => {
    const checked = await conform(schema, claims);
    if ('path' in checked) return new BrokenRule('claim', mismatchAt(checked.path));
    output = checked.value;
    return undefined;
  });
  return result.valid ? { ...result, payload: output as TokenPayload } : result;
}

const mismatchAt = (path: string): string =>
  path === ''
    ? 'The claims do not match the schema.'
    : `The ${JSON.stringify(path)} claim does not match the schema.`;
