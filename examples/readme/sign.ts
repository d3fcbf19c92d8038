import { createAuthClient } from 'intentkit-auth';

const { JWT_SECRET: secret = '' } = process.env;
const auth = createAuthClient({ secret, issuer: 'my-service', audience: 'my-api' });
const token = await auth.sign({ role: 'editor' }, { subject: 'user-1', expiresIn: '15m' });
const { valid, payload, reason } = await auth.verify(token);
process.stdout.write(`${valid ? payload.sub : reason}\n`); // user-1
