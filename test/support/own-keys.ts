import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { importJWK, importPKCS8, importSPKI, type JWK } from 'jose';
import { clientFrom } from '../../src/client/client.js';
import type { AuthProviderConfig, SigningKeyOptions } from '../../src/config/options.js';
import { parseConfig } from '../../src/config/parse.js';
import type { AuthClient } from '../../src/types.js';
import { generateKeys } from './mint.js';
import { ENGINES } from './two-engines.js';

export type EngineName = keyof typeof ENGINES;
export const ENGINE_NAMES = Object.keys(ENGINES) as EngineName[];

/** A client whose keys are imported by `node:crypto`, or by Web Crypto as on Cloudflare Workers. */
export function clientWith(config: AuthProviderConfig, engine: EngineName = 'node'): AuthClient {
  return clientFrom(parseConfig(config, 'createAuthClient', ENGINES[engine]), ENGINES[engine]);
}

/** The error of a client that is refused: at construction, or at the first use. `undefined` if it is not refused. */
export async function refusalOf(config: unknown, engine: EngineName): Promise<unknown> {
  try {
    await clientWith(config as AuthProviderConfig, engine).sign({});
    return undefined;
  } catch (error) {
    return error;
  }
}

type Given = NonNullable<SigningKeyOptions['privateKey']>;
const pem = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'sec1' | 'spki'): string =>
  String(key.export({ format: 'pem', type: type as 'pkcs8' }));

/** A private key in every form in which it can be given. */
export async function privateForms(alg: string, key: KeyObject): Promise<Record<string, Given>> {
  const pkcs8 = pem(key, 'pkcs8');
  const older = { rsa: 'pkcs1', ec: 'sec1' }[String(key.asymmetricKeyType)] as 'pkcs1' | 'sec1' | undefined;
  return {
    'PKCS #8': pkcs8,
    ...(older && { [older]: pem(key, older) }),
    JWK: key.export({ format: 'jwk' }),
    KeyObject: createPrivateKey(pkcs8),
    CryptoKey: await importPKCS8(pkcs8, alg, { extractable: true }),
  };
}

/** A public key in every form in which it can be given. */
export async function publicForms(alg: string, key: KeyObject): Promise<Record<string, Given>> {
  const spki = pem(key, 'spki');
  return {
    SPKI: spki,
    ...(key.asymmetricKeyType === 'rsa' && { 'PKCS #1': pem(key, 'pkcs1') }),
    JWK: key.export({ format: 'jwk' }),
    KeyObject: createPublicKey(spki),
    CryptoKey: await importSPKI(spki, alg, { extractable: true }),
  };
}

/** Key pairs by algorithm. RSA keys are slow to generate, so all RSA algorithms share one. */
const pairs = new Map<string, ReturnType<typeof generateKeys>>();
export function pairFor(alg: string) {
  const name = /^[RP]S/.test(alg) ? 'RS256' : alg;
  const pair = pairs.get(name) ?? generateKeys(name);
  pairs.set(name, pair);
  return pair;
}

/** A key of `jwks()`, imported by jose. */
export const importPublished = async (client: AuthClient, at = 0): Promise<CryptoKey> => {
  const key = client.jwks().keys[at];
  return (await importJWK(key as JWK)) as CryptoKey;
};
