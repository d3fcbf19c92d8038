import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
const resource = process.env.RESOURCE ?? 'https://api.example.com';
// The keys are discovered from the issuer.
const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });

export const gate = protectApi(auth, {
  resource,
  requiredScopes: ['api'],
  // The first login asks for these, so a client can get all scopes that it will need at once.
  initialScopes: ['api', 'files:write'],
});
