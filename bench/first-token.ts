/**
 * Verifies one token in a fresh process, and writes the milliseconds from before the import to the verdict.
 * Its argument is a {@link FirstToken} as JSON.
 */
export interface FirstToken {
  readonly library: 'intentkit-auth' | 'jose';
  readonly token: string;
  readonly issuer: string;
  readonly audience: string;
  /** The keys: text of an HMAC secret, or the URL of a JWKS. */
  readonly secret?: string;
  readonly jwksUrl?: string;
}

const { library, token, issuer, audience, secret, jwksUrl }: FirstToken = JSON.parse(process.argv[2] ?? '');

const start = performance.now();
const subject = await (library === 'jose' ? byJose() : byOurs());
const elapsed = performance.now() - start;
if (subject === undefined) throw new Error('The token was refused.');
process.stdout.write(String(elapsed));

async function byOurs(): Promise<string | undefined> {
  const { createAuthClient } = await import('intentkit-auth');
  const keys = { ...(secret && { secret }), ...(jwksUrl && { jwksUrl }) };
  const { valid, payload } = await createAuthClient({ ...keys, issuer, audience }).verify(token);
  return valid ? payload.sub : undefined;
}

async function byJose(): Promise<string | undefined> {
  const { createRemoteJWKSet, jwtVerify } = await import('jose');
  const options = { issuer, audience };
  const { payload } = jwksUrl
    ? await jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl)), { ...options, algorithms: ['RS256'] })
    : await jwtVerify(token, new TextEncoder().encode(secret), { ...options, algorithms: ['HS256'] });
  return payload.sub;
}
