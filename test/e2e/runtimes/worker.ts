// For Cloudflare workerd: the task is the body of a request, the report that of the response.
import { type AuthClient, createAuthClient } from 'intentkit-auth';
import { run, type Task } from './scenario.js';

// As most workers do it: at the top of the module, where a runtime allows no I/O, and shared by all requests.
const atStartUp = createAuthClient({ secret: 'a secret of more than thirty-two bytes' });
const shared = new Map<string, AuthClient>();

const routes: Readonly<Record<string, (task: Task) => Promise<unknown>>> = {
  '/run': run,
  '/globals': async () => [typeof globalThis.process, typeof globalThis.Buffer],
  '/at-start-up': async () => atStartUp.verify(await atStartUp.sign({})),
  '/shared': ({ jwksUrl, jwks = {}, asymmetricToken }) => {
    const auth = shared.get(jwksUrl) ?? createAuthClient({ jwksUrl, jwks });
    shared.set(jwksUrl, auth);
    return auth.verify(asymmetricToken);
  },
};

// biome-ignore lint/style/noDefaultExport: workerd asks for it.
export default {
  async fetch(request: Request): Promise<Response> {
    const route = routes[new URL(request.url).pathname];
    return route
      ? Response.json(await route((await request.json()) as Task))
      : new Response(null, { status: 404 });
  },
};
