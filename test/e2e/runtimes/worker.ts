// For Cloudflare workerd: the task is the body of a request, the report that of the response.
import { type AuthClient, createAuthClient } from 'intentkit-auth';
import { run, type Task } from './scenario.js';

// As most workers do it: at the top of the module, where a runtime allows no I/O, and shared by all requests.
const atStartUp = createAuthClient({ secret: 'a secret of more than thirty-two bytes' });
// A key for this test alone: a runtime that allows no random numbers here cannot create one.
const EC_KEY = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg71WdPZzl9p4vbXN8
oILwyg3b6SQ081ux7MFEsS6AOUehRANCAAROq6MV0PCOIom0v2NKTUk2yl1VgKC3
+Zpa2zWa+MblOX8kbHxQaryNyUOQXNjupxOE5FfH3eHbXUPXyKlKX9Uv
-----END PRIVATE KEY-----`;
const ownKeys = createAuthClient({ signingKeys: [{ privateKey: EC_KEY }] });
const shared = new Map<string, AuthClient>();

const routes: Readonly<Record<string, (task: Task) => Promise<unknown>>> = {
  '/run': run,
  '/globals': async () => [typeof globalThis.process, typeof globalThis.Buffer],
  '/own-keys-at-start-up': async () => [ownKeys.jwks(), await ownKeys.verify(await ownKeys.sign({}))],
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
