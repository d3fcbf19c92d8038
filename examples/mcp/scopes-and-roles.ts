// Run it with: npx tsx scopes-and-roles.ts
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';

const resource = 'https://api.example.com/files';
const issuer = await createTestIssuer({ audience: resource });
const auth = createAuthClient({
  jwksUrl: issuer.jwksUrl,
  issuer: issuer.url,
  audience: resource,
  jwks: { fetch: issuer.fetch },
});

const gate = protectMcp(auth, {
  resource,
  requiredScopes: ['files:read'],
  scopes: { 'files:admin': ['files:write', 'files:read'] },
});
const serve = gate.fetch((_, { authInfo }) => {
  const { roles } = authInfo.extra;
  const isEditor = Array.isArray(roles) && roles.includes('editor');
  return new Response(authInfo.scopes.join(' '), { status: isEditor ? 200 : 403 });
});

const ask = async (claims: Record<string, unknown>): Promise<number> => {
  const headers = { authorization: `Bearer ${await issuer.token(claims)}` };
  return (await serve(new Request(resource, { headers }))).status;
};
const noScope = await ask({ roles: ['editor'] });
const noRole = await ask({ scope: 'files:admin' });
const both = await ask({ scope: 'files:admin', roles: ['editor'] });
process.stdout.write(`${noScope} ${noRole} ${both}\n`); // 403 403 200
