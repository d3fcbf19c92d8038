// For Cloudflare workerd: a token is revoked and then refused, with what a worker has for hashes and random ids.
import { createAuthClient } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';

// biome-ignore lint/style/noDefaultExport: workerd asks for it.
export default {
  async fetch(): Promise<Response> {
    const entries = new Map<string, string>();
    const store = {
      get: async (key: string) => entries.get(key) ?? null,
      set: async (key: string, value: string) => void entries.set(key, value),
    };
    const revocation = createRevocationList(store);
    const auth = createAuthClient({
      secret: 'a secret of more than thirty-two bytes',
      onWarning: () => {},
      revocation,
    });
    const token = await auth.sign({ jti: 'token-1' }, { subject: 'user-1' });
    const before = await auth.verify(token);
    await auth.revoke(token);
    const after = await auth.verify(token);
    const { jti } = auth.decode(await auth.sign({}));
    return Response.json({ before: before.valid, after: after.reason, keys: [...entries.keys()], jti });
  },
};
