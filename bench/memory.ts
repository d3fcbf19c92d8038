/**
 * Writes what clients and verifies keep in memory, as a {@link Memory} in JSON. To be run with `--expose-gc`; its
 * argument is the number of verifies.
 */
import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { type AuthClient, createAuthClient } from 'intentkit-auth';

/** In bytes: heap and what hangs on it outside. */
export interface Memory {
  readonly verifies: number;
  readonly perSecretClient: number;
  /** With a JWKS of ten keys, of which one was used. */
  readonly perJwksClient: number;
  /** In use more than before (less, if negative) after so many verifies by one client, each of another token. */
  readonly afterVerifies: number;
}

const verifies = Number(process.argv[2]);
const secret = randomBytes(48).toString('base64url');
const issuer = 'https://issuer.example/';
const withSecret = () => createAuthClient({ secret, issuer });
const goodToken = await withSecret().sign({});

const keys = Array.from({ length: 10 }, () => {
  const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...publicKey.export({ format: 'jwk' }), kid: randomUUID(), alg: 'ES256', use: 'sig' };
});
const jwks = JSON.stringify({ keys });
// Answered on the spot, so that no connection counts as a client's memory.
const fetch = async (): Promise<Response> => new Response(jwks);
const withJwks = () => createAuthClient({ jwksUrl: 'https://issuer.example/jwks', issuer, jwks: { fetch } });
const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid: keys[0]?.kid })).toString('base64url');
// Its key is looked up and imported; whether it verifies makes no difference here.
const unsigned = `${header}.e30.${'A'.repeat(86)}`;

const memory: Memory = {
  verifies,
  perSecretClient: await perClient(withSecret, goodToken),
  perJwksClient: await perClient(withJwks, unsigned),
  afterVerifies: await afterVerifies(),
};
process.stdout.write(JSON.stringify(memory));

async function used(): Promise<number> {
  // Some of it is only freed in a later turn.
  for (let times = 0; times < 3; times += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    globalThis.gc?.();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

async function perClient(create: () => AuthClient, token: string): Promise<number> {
  const make = async (): Promise<AuthClient> => {
    const client = create();
    await client.verify(token);
    return client;
  };
  await make();
  const clients: AuthClient[] = [];
  const before = await used();
  for (let count = 0; count < 500; count += 1) clients.push(await make());
  const after = await used();
  return (after - before) / clients.length;
}

async function afterVerifies(): Promise<number> {
  const client = withSecret();
  const verifyAnother = async (count: number): Promise<void> => {
    const token = await client.sign({ jti: randomUUID() });
    const refused = count % 10 === 0;
    const { valid } = await client.verify(refused ? `${token.slice(0, -4)}AAAA` : token);
    if (valid === refused) throw new Error('A token got the wrong verdict.');
  };
  for (let count = 0; count < 20_000; count += 1) await verifyAnother(count);
  const before = await used();
  for (let count = 0; count < verifies; count += 1) await verifyAnother(count);
  return (await used()) - before;
}
