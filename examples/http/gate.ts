import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';

// Set ISSUER to the URL of your identity provider, and RESOURCE to the public URL of this server.
export const { ISSUER: issuer = '', RESOURCE: resource = '' } = process.env;
if (!issuer || !resource) throw new Error('Set the variables ISSUER and RESOURCE.');
// The keys are discovered from the issuer.
export const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });

export const gate = protectMcp(auth, { resource, requiredScopes: ['mcp'] });
