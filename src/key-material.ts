// What gives a key away, byte for byte: PEM (also as it begins in base64), SSH2, OpenSSH, JWK and JWKS text (with its quotes escaped or not),
// and in DER the object identifiers of RSA, EC, X25519 and Ed25519 keys and the start of a PKCS #1 key.
const KEY_MATERIAL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: DER is bytes.
  /-{4,5} ?BEGIN|LS0tLS1CRUdJTi|ssh-\w+ AAAA|ecdsa-sha2-nistp\d+ AAAA|\\*["']kty\\*["']\s*:|\\*["']keys\\*["']\s*:\s*\[|\*\x86H\x86\xf7\r\x01\x01\x01|\*\x86H\xce=\x02\x01|0\x05\x06\x03\+e[np]|^0\x82.{1,2}\x02\x82/s;

/**
 * Whether these bytes are, or contain, an asymmetric key: as they are, in UTF-16, or in base64. The text of a public
 * key used as an HMAC secret lets whoever can read that key sign tokens, and a private key's is never meant.
 */
export function isKeyMaterial(bytes: Uint8Array): boolean {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  // Without its NULs, UTF-16 reads as ASCII.
  return [text, fromBase64(text)].some((reading) => KEY_MATERIAL.test(reading.replaceAll('\0', '')));
}

function fromBase64(text: string): string {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
