import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
const resource = process.env.RESOURCE ?? 'https://api.example.com/mcp';
const auth = createAuthClient({ jwksUrl: `${issuer}/jwks`, issuer, audience: resource });

export const gate = protectMcp(auth, { resource, requiredScopes: ['mcp'] });
