import type { AuthProviderConfig } from 'intentkit-auth';

const rules = { issuer: 'https://agents.example.com', audience: 'orders' };
const jwksUrl = 'https://agents.example.com/.well-known/jwks.json';

/** `privateKey` is the text of `key.pem`. */
export function configurations(secret: string, privateKey: string) {
  const signingKeys = [{ privateKey }];
  return {
    today: { ...rules, secret },
    published: { ...rules, signingKeys }, // step 1
    prepared: { ...rules, secret, jwksUrl }, // step 2
    signing: { ...rules, secret, signingKeys }, // step 3
    signer: { ...rules, signingKeys }, // step 5
    verifier: { ...rules, jwksUrl }, // step 5
  } satisfies Record<string, AuthProviderConfig>;
}
