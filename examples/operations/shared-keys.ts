import KeyvRedis from '@keyv/redis';
import { createAuthClient } from 'intentkit-auth';
import Keyv from 'keyv';

const { REDIS_URL = 'redis://127.0.0.1:6379' } = process.env;
export const redis = new KeyvRedis(REDIS_URL, { throwOnErrors: true });

export const auth = createAuthClient({
  jwksUrl: 'https://your-tenant.auth0.com/.well-known/jwks.json',
  issuer: 'https://your-tenant.auth0.com/',
  audience: 'https://your-api.example.com',
  jwks: { cache: new Keyv({ store: redis, throwOnErrors: true }) },
});
