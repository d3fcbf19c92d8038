import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
export const resource = process.env.RESOURCE ?? 'https://api.example.com/mcp';
// The keys are discovered from the issuer.
export const auth = createAuthClient({ issuers: [{ issuer, audience: resource }] });

export const gate = protectMcp(auth, { resource, requiredScopes: ['mcp'] });
