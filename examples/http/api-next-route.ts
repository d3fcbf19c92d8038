// Save it as app/api/files/route.ts. Run it with: npx next dev
import { gate } from './api-gate';

export const GET = gate.fetch((_request, { authInfo: { clientId, scopes } }) =>
  Response.json({ clientId, scopes }),
);
export const PUT = gate.fetch(() => Response.json({ written: true }), { scopes: ['files:write'] });
