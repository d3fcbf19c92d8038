import type { KeyObject } from 'node:crypto';
import { memberOf, own, withoutPrototype } from '../../shared/own-properties.js';
import { type KeyDer, type KeyType, READERS } from './key-der.js';

/*
 * Reads the forms that a key can be given in. A mistake is a phrase that follows "must be". It never contains a value.
 */

/** A key as it was given. Its material has not been imported yet. */
export type KeyForm = {
  readonly isPrivate: boolean;
  readonly type: KeyType;
  /** The `kid` of a JWK. */
  readonly keyId: string | undefined;
  /** The only algorithm that the key itself allows: the `alg` of a JWK, or that of an RSA CryptoKey. */
  readonly algorithm: string | undefined;
} & KeyMaterial;

/** The material of a key. `der` is PKCS #8 or SPKI. `jwk` has only the members that a key of its type needs. */
export type KeyMaterial =
  | { readonly form: 'der'; readonly der: Uint8Array<ArrayBuffer> }
  | { readonly form: 'jwk'; readonly jwk: Readonly<Record<string, unknown>> }
  | { readonly form: 'keyObject'; readonly key: KeyObject }
  | { readonly form: 'cryptoKey'; readonly key: CryptoKey };

const FORMS = 'the text of a PEM key, a JWK, a KeyObject or a CryptoKey';
const TYPES = 'an RSA, P-256, P-384, P-521 or Ed25519 key';
const FOR_SIGNATURES = 'a key for signatures; its "use", "key_ops" or usages are for something else';

/** Reads a private key, or says what it must be. */
export function readPrivateKey(value: unknown): KeyForm | string {
  const form = readKey(value);
  return typeof form === 'string' || form.isPrivate ? form : 'a private key, and this is a public one';
}

/** Reads a public key, or says what it must be. A private key is refused, because giving it here is a mistake. */
export function readPublicKey(value: unknown): KeyForm | string {
  const form = readKey(value);
  if (typeof form === 'string' || !form.isPrivate) return form;
  return 'a public key, and this is a private one; give that as "privateKey"';
}

function readKey(value: unknown): KeyForm | string {
  if (typeof value === 'string') return readPem(value);
  if (typeof value !== 'object' || value === null) return FORMS;
  if (Object.hasOwn(value, 'kty')) return readJwk(value);
  const kind = memberOf(value, 'type');
  if (kind === 'secret') return `${TYPES}, and this is a secret; give that as "secret"`;
  if (kind !== 'private' && kind !== 'public') return FORMS;
  const isPrivate = kind === 'private';
  // The classes exist once in each realm and runtime, so objects are told apart by their members.
  return typeof memberOf(value, 'export') === 'function'
    ? readKeyObject(value as KeyObject, isPrivate)
    : readCryptoKey(value as CryptoKey, isPrivate);
}

function readPem(text: string): KeyForm | string {
  // `openssl ecparam -genkey` writes the name of the curve in front of the key.
  const [block, another] = blocksIn(text).filter(({ label }) => label !== 'EC PARAMETERS');
  if (!block) return FORMS + hintFor(text);
  if (another) return 'the text of one PEM key, without other keys or certificates';
  const { label, body } = block;
  if (label === 'ENCRYPTED PRIVATE KEY' || body.includes('ENCRYPTED')) {
    return 'a key that is not encrypted; decrypt it with "openssl pkey"';
  }
  if (label === 'CERTIFICATE') return 'a key; "openssl x509 -pubkey -noout" prints that of a certificate';
  const read = Object.hasOwn(READERS, label) ? READERS[label] : undefined;
  if (!read) return 'PEM of PKCS #8, SEC1, PKCS #1 or SPKI, which begins with "BEGIN PRIVATE KEY" or alike';
  const der = fromBase64(body);
  const key: KeyDer | undefined = der && read(der);
  if (!key) return `${TYPES} in complete PEM${hintFor(text)}`;
  return {
    isPrivate: label.includes('PRIVATE'),
    form: 'der',
    keyId: undefined,
    algorithm: undefined,
    ...key,
  };
}

interface PemBlock {
  readonly label: string;
  readonly body: string;
}

const [BEGIN, DASHES] = ['-----BEGIN ', '-----'];

/** Without a regular expression, because `RegExp` keeps the text of the last match, and so a private key, in memory. */
function blocksIn(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let begin = text.indexOf(BEGIN); begin >= 0; begin = text.indexOf(BEGIN, begin)) {
    const labelEnd = text.indexOf(DASHES, begin + BEGIN.length);
    const label = text.slice(begin + BEGIN.length, labelEnd);
    const end = text.indexOf(`${DASHES}END ${label}${DASHES}`, labelEnd);
    if (labelEnd < 0 || end < 0) break;
    blocks.push({ label, body: text.slice(labelEnd + DASHES.length, end) });
    begin = end;
  }
  return blocks;
}

/** Names the two usual mistakes with keys in environment variables. */
function hintFor(text: string): string {
  if (text.trimStart().startsWith('{')) return '; read a JWK with JSON.parse';
  return text.includes('\\n') ? '; write line breaks in place of "\\n"' : '';
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (byte) => byte.charCodeAt(0));
  } catch {
    return undefined;
  }
}

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi'];
/** The members of a JWK that its key consists of. */
export const MEMBERS: readonly string[] = ['kty', 'crv', 'x', 'y', 'n', 'e', ...PRIVATE_MEMBERS];

function readJwk(value: object): KeyForm | string {
  // Some serializers write `null` for a missing member.
  const get = (name: string): unknown => own(value, name) ?? undefined;
  const [kty, crv, use, keyOps, alg, kid] = ['kty', 'crv', 'use', 'key_ops', 'alg', 'kid'].map(get);
  if (kty === 'oct') return `${TYPES}, and this is a secret; give that as "secret"`;
  const type = typeIn(kty, crv);
  if (!type) return TYPES;
  const jwk: Record<string, unknown> = withoutPrototype();
  for (const name of MEMBERS) {
    const member = get(name);
    if (member !== undefined) jwk[name] = typeof member === 'string' ? unpadded(member) : member;
  }
  const isPrivate = PRIVATE_MEMBERS.some((name) => Object.hasOwn(jwk, name));
  const operation = isPrivate ? 'sign' : 'verify';
  if (use !== undefined && use !== 'sig') return FOR_SIGNATURES;
  if (keyOps !== undefined && !(Array.isArray(keyOps) && keyOps.includes(operation))) return FOR_SIGNATURES;
  if (alg !== undefined && typeof alg !== 'string') return 'a JWK whose "alg" is text';
  if (kid !== undefined && (typeof kid !== 'string' || kid === '')) return 'a JWK whose "kid" is text';
  return { isPrivate, type, keyId: kid, algorithm: alg, form: 'jwk', jwk };
}

/** Web Crypto reads only base64url without padding. Some software writes base64. */
const unpadded = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

function typeIn(kty: unknown, crv: unknown): KeyType | undefined {
  if (kty === 'RSA') return { kty };
  if (kty === 'EC' && (crv === 'P-256' || crv === 'P-384' || crv === 'P-521')) return { kty, crv };
  return kty === 'OKP' && crv === 'Ed25519' ? { kty, crv } : undefined;
}

const OPENSSL_TYPES = new Map<unknown, string>([
  ['rsa', 'RSA'],
  ['ec', 'EC'],
  ['ed25519', 'OKP'],
]);
const OPENSSL_CURVES = new Map<unknown, string>([
  ['prime256v1', 'P-256'],
  ['secp384r1', 'P-384'],
  ['secp521r1', 'P-521'],
]);

function readKeyObject(key: KeyObject, isPrivate: boolean): KeyForm | string {
  const { asymmetricKeyType, asymmetricKeyDetails } = key;
  const crv = OPENSSL_CURVES.get(asymmetricKeyDetails?.namedCurve);
  const kty = OPENSSL_TYPES.get(asymmetricKeyType);
  const type = typeIn(kty, kty === 'OKP' ? 'Ed25519' : crv);
  return type ? { isPrivate, type, keyId: undefined, algorithm: undefined, form: 'keyObject', key } : TYPES;
}

const RSA_NAMES = new Map<unknown, string>([
  ['RSASSA-PKCS1-v1_5', 'RS'],
  ['RSA-PSS', 'PS'],
]);

function readCryptoKey(key: CryptoKey, isPrivate: boolean): KeyForm | string {
  const { name, namedCurve, hash } = Object(key.algorithm) as Partial<EcKeyAlgorithm & RsaHashedKeyAlgorithm>;
  const family = RSA_NAMES.get(name);
  const kty = name === 'ECDSA' ? 'EC' : name === 'Ed25519' ? 'OKP' : family && 'RSA';
  const type = typeIn(kty, kty === 'OKP' ? 'Ed25519' : namedCurve);
  if (!type) return TYPES;
  if (!(Array.isArray(key.usages) && key.usages.includes(isPrivate ? 'sign' : 'verify')))
    return FOR_SIGNATURES;
  const algorithm = family && `${family}${String(hash?.name).slice('SHA-'.length)}`;
  return { isPrivate, type, keyId: undefined, algorithm, form: 'cryptoKey', key };
}
