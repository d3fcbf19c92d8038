// Run it with: JWT_SECRET="$(openssl rand -base64 48)" npx tsx claims.ts
import { createAuthClient } from 'intentkit-auth';
import * as z from 'zod';

const { JWT_SECRET: secret = '' } = process.env;
const auth = createAuthClient({ secret, issuer: 'my-service', audience: 'my-api' });
const token = await auth.sign({ roles: ['editor'] }, { subject: 'user-1' });

// A schema checks the claims, and gives them their types.
const claims = z.object({ sub: z.string(), roles: z.array(z.string()).default([]) });
const checked = await auth.verify(token, { claims });
process.stdout.write(`${checked.valid ? checked.payload.roles : checked.message}\n`); // editor

// Without a schema, the type only names claims. Check each claim before you use it.
const { valid, payload } = await auth.verify<{ roles: string[] }>(token);
const isEditor = valid && Array.isArray(payload.roles) && payload.roles.includes('editor');
process.stdout.write(`${isEditor}\n`); // true
