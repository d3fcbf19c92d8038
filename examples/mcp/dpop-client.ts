// Run it with: npx tsx dpop-client.ts
import { createHash, randomUUID } from 'node:crypto';
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';

const resource = 'https://api.example.com/mcp';
const issuer = await createTestIssuer({ audience: resource });
const auth = createAuthClient({ issuers: [{ issuer: issuer.url, audience: resource, fetch: issuer.fetch }] });
const serve = protectMcp(auth, { resource }).fetch(() => new Response('admitted'));

// The client has a key. A real issuer binds the token to the key whose proof is in the token request.
const { publicKey, privateKey } = await generateKeyPair('ES256');
const jwk = await exportJWK(publicKey);
const token = await issuer.token({ cnf: { jkt: await calculateJwkThumbprint(jwk) } });

/** Sends a request with a new proof. Each proof is for one request. */
async function send(method: string, url: string): Promise<Response> {
  const ath = createHash('sha256').update(token).digest('base64url');
  const dpop = await new SignJWT({ htm: method, htu: url, ath, jti: randomUUID() })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk })
    .setIssuedAt()
    .sign(privateKey);
  return serve(new Request(url, { method, headers: { authorization: `DPoP ${token}`, dpop } }));
}

const { status } = await send('POST', resource);
const stolen = await serve(new Request(resource, { headers: { authorization: `Bearer ${token}` } }));
process.stdout.write(`${status} ${stolen.status}\n`); // 200 401
