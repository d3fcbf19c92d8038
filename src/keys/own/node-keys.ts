import type { KeyObject } from 'node:crypto';
import type { JWK } from 'jose';
import { withoutPrototype } from '../../shared/own-properties.js';
import type { SignatureEngine } from '../../signature/engine.js';
import { isPair, nodeSigner } from '../../signature/sign-node.js';
import { externalSigner } from './external-signer.js';
import type { KeyForm, KeyMaterial } from './key-form.js';
import {
  damaged,
  type MakeSign,
  notItsPublicKey,
  notOneKey,
  type OwnKey,
  type OwnKeyEntry,
  publicMembers,
  publishedJwk,
  thumbprintText,
} from './own-key.js';
import { areOneRsaKey } from './rsa-numbers.js';

type Crypto = typeof import('node:crypto');

/**
 * Imports a key with `node:crypto`, which is synchronous, so that every mistake is found when the client is created.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 */
export function importByNode(
  entry: OwnKeyEntry,
  header: { readonly typ: string },
  crypto: Crypto,
  engine: SignatureEngine,
): OwnKey {
  const { place, privateKey: given, publicKey: givenPublic, algorithm } = entry;
  const own = given && importPrivate(given, `"${place}.privateKey"`, crypto);
  const members = givenPublic ? membersOf(givenPublic, `"${place}.publicKey"`, crypto) : own?.members;
  // An entry has at least one of the two.
  if (!members) throw damaged(`"${place}"`);
  if (own && thumbprintText(own.members) !== thumbprintText(members)) throw notItsPublicKey(place);
  const publicKey = crypto.createPublicKey({ key: withoutPrototype(members), format: 'jwk' });
  if (own && !attempt(() => isPair(crypto, own.key, publicKey, algorithm)))
    throw notOneKey(`"${place}.privateKey"`);

  const kid = entry.keyId ?? crypto.createHash('sha256').update(thumbprintText(members)).digest('base64url');
  const publicJwk = publishedJwk(members, kid, algorithm);
  const key = engine.importPublicKey(publicKey, algorithm);
  const headerOfTokens = { alg: algorithm, ...header, kid };
  const makeSign = own ? signerOf(crypto, own.key, entry) : externalSigner(entry, kid, key);
  return { publicJwk, key, sign: makeSign?.(headerOfTokens) };
}

// `node:crypto` also reads inherited members, such as `oth` of a key and `passphrase` of options.
const AS_JWK = withoutPrototype({ format: 'jwk' } as const);

interface Imported {
  readonly key: KeyObject;
  readonly members: JWK;
}

function importPrivate(form: KeyForm, name: string, crypto: Crypto): Imported {
  // The public members of a JWK are checked first, so that a weak key is called weak.
  const given = form.form === 'jwk' ? publicMembers(name, form.jwk) : undefined;
  const key = attempt(() => privateKeyOf(form, crypto));
  if (!key || (form.type.kty === 'RSA' && !isOneRsaKey(form, key))) throw notOneKey(name);
  return { key, members: given ?? membersOf({ ...form, form: 'keyObject', key }, name, crypto) };
}

/** A CryptoKey that must not be exported is not exported. */
function isOneRsaKey(material: KeyMaterial, key: KeyObject): boolean {
  if (material.form === 'jwk') return areOneRsaKey(material.jwk);
  if (material.form === 'cryptoKey' && !material.key.extractable) return true;
  return attempt(() => areOneRsaKey(key.export(AS_JWK))) ?? false;
}

function privateKeyOf(material: KeyMaterial, crypto: Crypto): KeyObject {
  if (material.form === 'der') {
    return crypto.createPrivateKey(
      withoutPrototype({ key: Buffer.from(material.der), format: 'der', type: 'pkcs8' } as const),
    );
  }
  if (material.form === 'jwk') {
    return crypto.createPrivateKey({ key: withoutPrototype(material.jwk), format: 'jwk' });
  }
  return material.form === 'keyObject' ? material.key : crypto.KeyObject.from(material.key);
}

function membersOf(material: KeyMaterial, name: string, crypto: Crypto): JWK {
  if (material.form === 'jwk') return publicMembers(name, material.jwk);
  const exported = attempt(() => publicKeyOf(material, crypto).export(AS_JWK));
  if (!exported) throw damaged(name);
  return publicMembers(name, exported);
}

function publicKeyOf(material: Exclude<KeyMaterial, { form: 'jwk' }>, crypto: Crypto): KeyObject {
  if (material.form === 'der') {
    return crypto.createPublicKey({ key: Buffer.from(material.der), format: 'der', type: 'spki' });
  }
  const key = material.form === 'keyObject' ? material.key : crypto.KeyObject.from(material.key);
  return key.type === 'private' ? crypto.createPublicKey(key) : key;
}

function signerOf(crypto: Crypto, key: KeyObject, { algorithm }: OwnKeyEntry): MakeSign {
  const sign = nodeSigner(crypto, key, algorithm);
  return (header) => {
    const usual = encode(JSON.stringify(header));
    return (claims, other) => {
      const signingInput = `${other ? encode(JSON.stringify(other)) : usual}.${encode(claims)}`;
      const signature = sign(signingInput);
      const compact = (bytes: Buffer): string => `${signingInput}.${bytes.toString('base64url')}`;
      return signature instanceof Promise ? signature.then(compact) : compact(signature);
    };
  };
}

const encode = (text: string): string => Buffer.from(text).toString('base64url');

/** Errors of the runtime are dropped, because they may describe the key. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
