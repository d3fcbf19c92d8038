// Run it with: npx tsx serve-keys.ts
import { auth } from './own-keys.js';

const headers = { 'cache-control': 'public, max-age=300' };

// express: app.get('/.well-known/jwks.json', (request, response) => void response.set(headers).json(auth.jwks()));
// hono:    app.get('/.well-known/jwks.json', (context) => context.json(auth.jwks(), 200, headers));
export const serveKeys = (): Response => Response.json(auth.jwks(), { headers });

process.stdout.write(`${Object.keys(auth.jwks().keys[0] ?? {})}\n`); // kty,crv,x,y,kid,alg,use
