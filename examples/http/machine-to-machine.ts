// Run it with: npx tsx machine-to-machine.ts
import { generateKeyPairSync } from 'node:crypto';
import { createAuthClient } from 'intentkit-auth';

const issuer = 'https://billing.example.com';
const audience = 'https://api.example.com';

// The service that calls. It serves `billing.jwks()` at the `jwksUrl` below.
const { privateKey } = generateKeyPairSync('ed25519');
const billing = createAuthClient({ issuer, audience, defaultExpiry: '5m', signingKeys: [{ privateKey }] });
const token = await billing.sign({ client_id: 'billing', scope: 'api' }, { subject: 'billing' });

// The API. Without `fetch`, it requests the keys over the network.
const keys = { jwksUrl: `${issuer}/.well-known/jwks.json`, fetch: async () => Response.json(billing.jwks()) };
const api = createAuthClient({ issuers: [{ issuer, audience, ...keys }] });
const { valid, payload } = await api.verify(token);
process.stdout.write(`${valid && payload.sub}\n`); // billing
