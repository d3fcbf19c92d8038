import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

// Set ISSUER to the URL of your identity provider, and RESOURCE to the public URL of this API.
const { ISSUER: issuer = '', RESOURCE: resource = '' } = process.env;
if (!issuer || !resource) throw new Error('Set the variables ISSUER and RESOURCE.');
// The keys are discovered from the issuer.
const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });

export const gate = protectApi(auth, {
  resource,
  requiredScopes: ['api'],
  // Clients ask for these at their first login, so that one login is enough. Some read the challenge, some the metadata.
  initialScopes: ['api', 'files:write'],
  scopesSupported: ['api', 'files:write'],
});
