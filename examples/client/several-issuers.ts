import { createAuthClient } from 'intentkit-auth';

export const auth = createAuthClient({
  issuers: [
    { issuer: 'https://your-tenant.auth0.com/', audience: 'https://your-api.example.com' },
    {
      issuer: 'https://sso.example.com/realms/a',
      audience: 'your-api',
      algorithms: ['RS256'],
      typ: 'at+jwt',
    },
  ],
});
