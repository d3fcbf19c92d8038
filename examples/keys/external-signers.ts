import { createHash } from 'node:crypto';
import type { SigningKeyOptions } from 'intentkit-auth';

type Sign = NonNullable<SigningKeyOptions['sign']>;
const sha256 = (data: Uint8Array) => createHash('sha256').update(data).digest();

/** `KMS` of @aws-sdk/client-kms. */
type Aws = { sign(input: object): Promise<{ Signature?: Uint8Array }> };
export const byAws = (kms: Aws, KeyId: string): Sign => {
  const options = { KeyId, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' };
  return async (data) =>
    (await kms.sign({ ...options, Message: sha256(data) })).Signature ?? new Uint8Array();
};

/** `KeyManagementServiceClient` of @google-cloud/kms. `name` is that of a version of the key. */
type Google = { asymmetricSign(input: object): Promise<[{ signature?: unknown }, ...unknown[]]> };
export const byGoogle = (kms: Google, name: string): Sign => {
  return async (data) => {
    const [{ signature }] = await kms.asymmetricSign({ name, digest: { sha256: sha256(data) } });
    return signature as Uint8Array;
  };
};

/** `CryptographyClient` of @azure/keyvault-keys. */
type Azure = { sign(algorithm: string, digest: Uint8Array): Promise<{ result: Uint8Array }> };
export const byAzure = (client: Azure): Sign => {
  return async (data, { algorithm }) => (await client.sign(algorithm, sha256(data))).result;
};

/** HashiCorp Vault. `url` is that of the key, such as https://vault.example.com/v1/transit/sign/agents. */
export const byVault = (url: string, token: string): Sign => {
  return async (data) => {
    const response = await fetch(`${url}/sha2-256`, {
      method: 'POST',
      headers: { 'x-vault-token': token },
      body: JSON.stringify({ input: Buffer.from(data).toString('base64'), marshaling_algorithm: 'jws' }),
    });
    const { signature } = ((await response.json()) as { data: { signature: string } }).data;
    return Buffer.from(signature.replace(/^vault:v\d+:/, ''), 'base64url');
  };
};

/** PKCS #11, with the session and the key of graphene-pk11. Some modules cannot hash for ECDSA, so the hash is computed here. */
type Module<Key> = { createSign(mechanism: string, key: Key): { once(data: Buffer): Buffer } };
export const byModule = <Key>(session: Module<Key>, key: Key): Sign => {
  return (data) => session.createSign('ECDSA', key).once(sha256(data));
};
