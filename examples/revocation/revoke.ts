// Run it with: JWT_SECRET="$(openssl rand -base64 48)" npx tsx revoke.ts
import KeyvRedis from '@keyv/redis';
import { createAuthClient } from 'intentkit-auth';
import { createRevocationList } from 'intentkit-auth/revocation';
import Keyv from 'keyv';

const { JWT_SECRET: secret = '', REDIS_URL } = process.env;
// Set REDIS_URL=redis://127.0.0.1:6379 if you have Redis. Otherwise, the list is in memory, and ends with this process.
const redis = REDIS_URL ? new KeyvRedis(REDIS_URL, { throwOnErrors: true }) : undefined;
const store = new Keyv({ store: redis ?? new Map(), throwOnErrors: true });
const revocation = createRevocationList(store, { maxLifetime: '1d' });
const auth = createAuthClient({ secret, issuer: 'my-service', maxExpiry: '1d', revocation });

const token = await auth.sign({}, { subject: 'user-1' });
await auth.revoke(token);
const { reason } = await auth.verify(token);
process.stdout.write(`${reason}\n`); // revoked
await redis?.disconnect();
