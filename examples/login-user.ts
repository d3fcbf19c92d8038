import { defineFunction, z } from 'intentkit';
import type { AuthClient } from 'intentkit-auth';

/** A custom function. It signs tokens with the client of `createAuthProvider`, which is at `ctx.providers.auth`. */
export const loginUser = defineFunction({
  name: 'login_user',
  intent: 'Authenticate a user and return a signed JWT token',
  permissions: ['auth:sign'],
  requires: ['auth'],
  input: z.object({
    user_id: z.string(),
    role: z.string(),
  }),
  output: z.object({
    token: z.string(),
  }),
  execute: async (input, ctx) => {
    const auth = ctx.providers.auth as AuthClient;
    const token = await auth.sign({ role: input.role }, { subject: input.user_id, expiresIn: '24h' });
    return { token };
  },
});
