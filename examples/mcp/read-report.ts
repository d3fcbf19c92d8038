import { defineFunction, z } from 'intentkit';
import type { TokenPayload } from 'intentkit-auth';
import { getAuthClient } from 'intentkit-auth/functions';

/** `scope`, or else `scp`, each as text or as a list. */
export function hasScope({ scope, scp }: TokenPayload, wanted: string): boolean {
  const found = scope ?? scp;
  return (typeof found === 'string' ? found.split(' ') : Array.isArray(found) ? found : []).includes(wanted);
}

export const readReport = defineFunction({
  name: 'read_report',
  intent: 'Read a report for the user of a token',
  permissions: ['reports:read'],
  requires: ['auth'],
  input: z.object({ token: z.string(), report: z.string() }),
  output: z.object({ text: z.string().optional(), refused: z.string().optional() }),
  execute: async ({ token, report }, ctx) => {
    const { valid, payload, message } = await getAuthClient(ctx).verify(token);
    if (!valid) return { refused: message };
    if (!hasScope(payload, 'reports:read')) return { refused: 'The token lacks the scope reports:read.' };
    return { text: `${report}, for ${payload.sub}` };
  },
});
