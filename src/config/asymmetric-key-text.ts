/**
 * The text and binary forms of asymmetric keys. If the text of a public key were used as an HMAC secret, anyone who
 * can read it could sign tokens. Forms are matched anywhere in the text, because other packages that only checked the beginning
 * could be bypassed (GHSA-mvf2-f6gm-w987, GHSA-ww5h-9m49-7xx4).
 */
const FORMS: Readonly<Record<string, RegExp>> = {
  // The public key that an identity provider publishes, as PEM (CVE-2023-48223) or SSH2 text.
  pem: /-{4,5} ?BEGIN/,
  // PEM in base64, for example from a Kubernetes secret.
  pemInBase64: /LS0tLS1CRUdJTi/,
  // A line of `authorized_keys`.
  openSsh: /(ssh-\w+|ecdsa-sha2-nistp\d+) AAAA/,
  // The JSON of a public key (GHSA-g3jj-5cmm-3hxx), also with escaped quotes and line breaks, inside other JSON.
  jwk: /\\*["']kty\\*["'](\s|\\+[nrt])*:/,
  // The JSON of a key set, from a JWKS endpoint.
  jwks: /\\*["']keys\\*["'](\s|\\+[nrt])*:(\s|\\+[nrt])*\[/,
  // DER: the object identifier 1.2.840.113549.1.1.1.
  derRsa: /\*\x86H\x86\xf7\r\x01\x01\x01/,
  // DER: the object identifier 1.2.840.10045.2.1.
  derEc: /\*\x86H\xce=\x02\x01/,
  // DER: the object identifiers 1.3.101.110 (X25519) and 1.3.101.112 (Ed25519).
  derEd25519: /0\x05\x06\x03\+e[np]/,
  // DER of PKCS #1. It has no object identifier, but begins with a sequence and a long integer.
  derPkcs1: /^0\x82.{1,2}\x02\x82/s,
};

/** True if the bytes contain an asymmetric key: directly, in UTF-16, or in base64. */
export function isAsymmetricKeyText(bytes: Uint8Array): boolean {
  const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
  // UTF-16 becomes ASCII without its NULs.
  const readings = [text, fromBase64(text)].map((reading) => reading.replaceAll('\0', ''));
  return Object.values(FORMS).some((form) => readings.some((reading) => form.test(reading)));
}

function fromBase64(text: string): string {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return '';
  }
}
