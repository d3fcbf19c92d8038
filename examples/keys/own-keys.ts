import { generateKeyPairSync } from 'node:crypto';
import { createAuthClient } from 'intentkit-auth';

// In production, read the key from a file or a secret store. This command creates one:
// openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256
const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

export const auth = createAuthClient({
  issuer: 'https://agents.example.com',
  audience: 'orders',
  signingKeys: [{ privateKey }],
});
