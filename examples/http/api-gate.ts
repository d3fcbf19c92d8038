import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
const resource = process.env.RESOURCE ?? 'https://api.example.com';
// The keys are discovered from the issuer.
const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });

export const gate = protectApi(auth, {
  resource,
  requiredScopes: ['api'],
  // Clients ask for these at their first login, so that one login is enough. Some read the challenge, some the metadata.
  initialScopes: ['api', 'files:write'],
  scopesSupported: ['api', 'files:write'],
});
