import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
const resource = process.env.RESOURCE ?? 'https://api.example.com';
// The keys are discovered from the issuer.
const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });

export const gate = protectApi(auth, {
  resource,
  requiredScopes: ['api'],
  // A client can log in once for all that it will need.
  initialScopes: ['api', 'files:write'],
});
