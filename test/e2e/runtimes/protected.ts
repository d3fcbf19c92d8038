// An application that imports nothing but a client and the gate.
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';

const resource = 'https://api.example.com/mcp';
const auth = createAuthClient({ secret: 'a secret of more than thirty-two bytes', audience: resource });
const authorizationServers = ['https://issuer.example.com'];
const gate = protectMcp(auth, { resource, authorizationServers, dpop: 'off' });
export const POST = gate.fetch(() => new Response('protected'));

/** What a request without a token is answered, and one with a token. */
export async function answers(): Promise<unknown[]> {
  const authorization = `Bearer ${await auth.sign({ client_id: 'agent' }, { subject: 'user-1' })}`;
  const requests = [{}, { authorization }].map(
    (headers) => new Request(resource, { method: 'POST', headers }),
  );
  return Promise.all(
    requests.map(async (request) => {
      const response = await POST(request);
      return [
        response.status,
        response.headers.get('www-authenticate'),
        response.ok && (await response.text()),
      ];
    }),
  );
}
