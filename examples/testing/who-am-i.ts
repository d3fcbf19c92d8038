import { defineFunction, z } from 'intentkit';
import { getAuthClient } from 'intentkit-auth/functions';

/** A custom function that returns the subject of a token. */
export const whoAmI = defineFunction({
  name: 'who_am_i',
  intent: 'Return the subject of a token',
  permissions: ['auth:verify'],
  requires: ['auth'],
  input: z.object({ token: z.string() }),
  output: z.object({ subject: z.string().optional(), refused: z.string().optional() }),
  execute: async (input, ctx) => {
    const { valid, payload, reason } = await getAuthClient(ctx).verify(input.token);
    return valid ? { subject: payload.sub } : { refused: reason };
  },
});
