import { encodeUtf8, nodeCrypto, sha256, utf8Decoder } from '../src/shared/runtime.js';
import { encodeBase64url } from '../src/token/base64url.js';

/*
 * What is kept of a token is encrypted with AES-256-GCM. The key is derived from the caller's token by HKDF, and is not kept. So
 * what is kept can only be read while the caller's token is at hand. The name of the entry is derived in the same step, and does
 * not tell the key.
 *
 * See RFC 5869 and NIST SP 800-38D.
 */

const SALT = 'intentkit-auth downstream 1';
const NAME_BYTES = 32;
const KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/** The name of an entry, and the key that seals it. */
export interface Seal {
  readonly name: string;
  readonly key: Uint8Array<ArrayBuffer>;
}

/**
 * Derives the seal for a caller's token.
 *
 * @param context what the entry is for. Another context gives another name and another key.
 */
export async function sealFor(token: string, context: string): Promise<Seal> {
  // Its hash, because most implementations take no more than 1024 bytes.
  const info = await sha256(context);
  const bytes = nodeCrypto
    ? new Uint8Array(nodeCrypto.hkdfSync('sha256', token, SALT, info, NAME_BYTES + KEY_BYTES))
    : await webHkdf(token, info);
  return { name: encodeBase64url(bytes.subarray(0, NAME_BYTES)), key: bytes.subarray(NAME_BYTES) };
}

async function webHkdf(token: string, info: string): Promise<Uint8Array<ArrayBuffer>> {
  const { subtle } = globalThis.crypto;
  const key = await subtle.importKey('raw', encodeUtf8(token), 'HKDF', false, ['deriveBits']);
  const parameters = { name: 'HKDF', hash: 'SHA-256', salt: encodeUtf8(SALT), info: encodeUtf8(info) };
  return new Uint8Array(await subtle.deriveBits(parameters, key, (NAME_BYTES + KEY_BYTES) * 8));
}

/** Encrypts a text. The result is the nonce, the ciphertext and the tag. */
export async function sealed(text: string, { key }: Seal): Promise<Uint8Array> {
  const iv = globalThis.crypto.getRandomValues(new Uint8Array(IV_BYTES));
  return joined(iv, ...(await encrypted(text, key, iv)));
}

async function encrypted(
  text: string,
  key: Uint8Array<ArrayBuffer>,
  iv: Uint8Array<ArrayBuffer>,
): Promise<Uint8Array[]> {
  if (nodeCrypto) {
    const cipher = nodeCrypto.createCipheriv('aes-256-gcm', key, iv);
    return [cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
  }
  const { subtle } = globalThis.crypto;
  const imported = await subtle.importKey('raw', key, 'AES-GCM', false, ['encrypt']);
  return [new Uint8Array(await subtle.encrypt({ name: 'AES-GCM', iv }, imported, encodeUtf8(text)))];
}

/** Decrypts a text. Returns `undefined` if it was not sealed with this key, or was changed since. */
export async function opened(bytes: Uint8Array, { key }: Seal): Promise<string | undefined> {
  if (bytes.length < IV_BYTES + TAG_BYTES) return undefined;
  const iv = bytes.slice(0, IV_BYTES);
  try {
    if (nodeCrypto) {
      const decipher = nodeCrypto.createDecipheriv('aes-256-gcm', nodeCrypto.createSecretKey(key), iv, {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
      return (
        decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES), undefined, 'utf8') + decipher.final('utf8')
      );
    }
    const { subtle } = globalThis.crypto;
    const imported = await subtle.importKey('raw', key, 'AES-GCM', false, ['decrypt']);
    return utf8Decoder().decode(
      await subtle.decrypt({ name: 'AES-GCM', iv }, imported, bytes.slice(IV_BYTES)),
    );
  } catch {
    return undefined;
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
