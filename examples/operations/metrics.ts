// Run it with: JWT_SECRET="$(openssl rand -base64 48)" npx tsx metrics.ts
import { createAuthClient } from 'intentkit-auth';

const counts = new Map<string, number>();
const count = (name: string): void => void counts.set(name, (counts.get(name) ?? 0) + 1);

const auth = createAuthClient({
  secret: process.env.JWT_SECRET ?? '',
  issuer: 'my-service',
  onVerdict: ({ valid, reason = 'unknown' }) => count(valid ? 'valid' : reason),
  onWarning: (_, code) => count(code),
});
await auth.verify(await auth.sign({}));
await auth.verify('not a token');
process.stdout.write(`${JSON.stringify([...counts])}\n`); // [["valid",1],["malformed",1]]
