// biome-ignore-all lint: the code of the specification, untouched.
// biome-ignore-all format: the code of the specification, untouched.
// biome-ignore-all assist: the code of the specification, untouched.

// The sample, which leaves nothing out:
import { defineFunction, z } from 'intentkit';
import type { AuthClient } from 'intentkit-auth';

export const loginUser = defineFunction({
  name: 'login_user',
  intent: 'Authenticate a user and return a signed JWT token',
  permissions: ['auth:sign'],
  requires: ['auth'], // Validates provider exists at startup
  input: z.object({
    user_id: z.string(),
    role: z.string(),
  }),
  output: z.object({
    token: z.string(),
  }),
  execute: async (input, ctx) => {
    const auth = ctx.providers.auth as AuthClient;
    const token = await auth.sign(
      { role: input.role },
      { subject: input.user_id, expiresIn: '24h' },
    );
    return { token };
  },
});
