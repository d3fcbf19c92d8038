import type { JWK } from 'jose';
import { encodeUtf8, sha256 } from '../../shared/runtime.js';
import type { AsymmetricAlgorithm } from '../../signature/algorithms.js';
import type { SignatureEngine } from '../../signature/engine.js';
import { signByJose } from '../../signature/jose.js';
import { externalSigner } from './external-signer.js';
import type { KeyType } from './key-der.js';
import { type KeyForm, MEMBERS } from './key-form.js';
import {
  damaged,
  notExtractable,
  notItsPublicKey,
  notOneKey,
  type OwnKey,
  type OwnKeyEntry,
  publicMembers,
  publishedJwk,
  thumbprintText,
} from './own-key.js';
import { areOneRsaKey } from './rsa-numbers.js';

/**
 * Imports a key with Web Crypto, for runtimes without `node:crypto`. It finds the same mistakes as `importByNode`, but when the
 * key is first used.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 */
export async function importByWebCrypto(
  entry: OwnKeyEntry,
  header: { readonly typ: string },
  engine: SignatureEngine,
): Promise<OwnKey> {
  const { place, privateKey: given, publicKey: givenPublic, algorithm } = entry;
  const name = `"${place}.privateKey"`;
  const own = given && (await importPrivate(given, givenPublic !== undefined, algorithm, name));
  const members = givenPublic ? await membersOf(givenPublic, `"${place}.publicKey"`) : own?.members;
  // An entry has at least one of the two.
  if (!members) throw damaged(`"${place}"`);
  if (own?.members && thumbprintText(own.members) !== thumbprintText(members)) throw notItsPublicKey(place);
  const publicKey = await importJwk({ ...members }, algorithm, 'verify').catch(() => {
    throw damaged(`"${place}.publicKey"`);
  });
  if (own && !(await isPair(own.key, publicKey, algorithm))) {
    throw own.members ? notOneKey(name) : notItsPublicKey(place);
  }

  const kid = entry.keyId ?? (await sha256(thumbprintText(members), 'base64url'));
  const key = engine.importPublicKey(publicKey, algorithm);
  const usual = { alg: algorithm, ...header, kid };
  return {
    publicJwk: publishedJwk(members, kid, algorithm),
    key,
    sign: own
      ? (claims, other) => signByJose(claims, other ?? usual, own.key)
      : externalSigner(entry, kid, key)?.(usual),
  };
}

interface Imported {
  readonly key: CryptoKey;
  /** `undefined` if the key cannot be exported. */
  readonly members: JWK | undefined;
}

async function importPrivate(
  form: KeyForm,
  hasPublicKey: boolean,
  algorithm: AsymmetricAlgorithm,
  name: string,
): Promise<Imported> {
  if (form.form === 'cryptoKey' && !form.key.extractable && hasPublicKey) {
    return { key: form.key, members: undefined };
  }
  // The public members are checked first, so that a weak key is called weak.
  const jwk = await jwkOf(form, name);
  const members = publicMembers(name, jwk);
  if (members.kty === 'RSA' && !areOneRsaKey(jwk)) throw notOneKey(name);
  const key = await importJwk({ ...jwk, ...members }, algorithm, 'sign').catch(() => {
    throw notOneKey(name);
  });
  return { key, members };
}

const membersOf = async (form: KeyForm, name: string): Promise<JWK> =>
  publicMembers(name, await jwkOf(form, name));

/** Returns only the members of the key itself: others, such as `alg` and `key_ops`, could contradict its use here. */
async function jwkOf(form: KeyForm, name: string): Promise<JWK> {
  try {
    const jwk = await exported(form);
    return Object.fromEntries(Object.entries(jwk).filter(([member]) => MEMBERS.includes(member)));
  } catch {
    if (form.form === 'cryptoKey' && !form.key.extractable) throw notExtractable(name);
    throw form.isPrivate ? notOneKey(name) : damaged(name);
  }
}

async function exported(form: KeyForm): Promise<object> {
  if (form.form === 'jwk') return form.jwk;
  if (form.form === 'keyObject') return form.key.export({ format: 'jwk' });
  if (form.form === 'cryptoKey') return crypto.subtle.exportKey('jwk', form.key);
  const { der, isPrivate, type } = form;
  const usages: KeyUsage[] = [isPrivate ? 'sign' : 'verify'];
  const key = await crypto.subtle.importKey(
    isPrivate ? 'pkcs8' : 'spki',
    der,
    parametersFor(type),
    true,
    usages,
  );
  return crypto.subtle.exportKey('jwk', key);
}

/** For reading a key. The hash does not matter for that. */
function parametersFor({ kty, crv }: KeyType): EcKeyImportParams | RsaHashedImportParams | Algorithm {
  if (kty === 'RSA') return { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  return kty === 'EC' ? { name: 'ECDSA', namedCurve: String(crv) } : { name: 'Ed25519' };
}

const importJwk = (jwk: JWK, algorithm: AsymmetricAlgorithm, usage: 'sign' | 'verify'): Promise<CryptoKey> =>
  crypto.subtle.importKey('jwk', jwk as JsonWebKey, parametersOf(algorithm, String(jwk.crv)), false, [usage]);

/** For importing a key for an algorithm, and for using it. @see RFC 7518 section 3 */
function parametersOf(algorithm: AsymmetricAlgorithm, namedCurve: string) {
  if (algorithm.startsWith('Ed')) return { name: 'Ed25519' };
  const hash = `SHA-${algorithm.slice(2)}`;
  if (algorithm.startsWith('ES')) return { name: 'ECDSA', hash, namedCurve };
  if (algorithm.startsWith('RS')) return { name: 'RSASSA-PKCS1-v1_5', hash };
  return { name: 'RSA-PSS', hash, saltLength: Number(algorithm.slice(2)) / 8 };
}

/** True if a private key signs what a public key verifies. */
async function isPair(
  privateKey: CryptoKey,
  publicKey: CryptoKey,
  algorithm: AsymmetricAlgorithm,
): Promise<boolean> {
  const parameters = parametersOf(algorithm, '');
  const data = encodeUtf8('Do these two keys belong together?');
  try {
    const signature = await crypto.subtle.sign(parameters, privateKey, data);
    return await crypto.subtle.verify(parameters, publicKey, signature, data);
  } catch {
    return false;
  }
}
