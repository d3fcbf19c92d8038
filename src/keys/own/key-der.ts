/*
 * Reads the type of a key from its DER, and writes the older forms of DER as PKCS #8 and SPKI, because Web Crypto imports only
 * these two. See RFC 5958, RFC 5280 section 4.1, RFC 5915 and RFC 8017 appendix A.1.
 */

/** The type of a key, as a JWK names it. */
export interface KeyType {
  readonly kty: 'RSA' | 'EC' | 'OKP';
  readonly crv?: string;
}

/** A key as PKCS #8 (private) or SPKI (public). */
export interface KeyDer {
  readonly type: KeyType;
  readonly der: Uint8Array<ArrayBuffer>;
}

/** The forms of DER, by the label of their PEM. */
export const READERS: Readonly<Record<string, (der: Uint8Array<ArrayBuffer>) => KeyDer | undefined>> = {
  'PRIVATE KEY': (der) => withType(der, algorithmIn(membersOf(der)[1])),
  'PUBLIC KEY': (der) => withType(der, algorithmIn(membersOf(der)[0])),
  'EC PRIVATE KEY': (der) => {
    const curve = membersOf(der).find(({ tag }) => tag === PARAMETERS);
    const oid = curve && elementsIn(curve.content)[0]?.content;
    return oid && withType(pkcs8([tlv(OID, EC), tlv(OID, oid)], der), CURVES.get(hex(oid)));
  },
  'RSA PRIVATE KEY': (der) => withType(pkcs8(rsaAlgorithm(), der), RSA_TYPE),
  'RSA PUBLIC KEY': (der) => {
    const bits = tlv(BIT_STRING, Uint8Array.of(0), der);
    return withType(tlv(SEQUENCE, tlv(SEQUENCE, ...rsaAlgorithm()), bits), RSA_TYPE);
  },
};

const [INTEGER, BIT_STRING, OCTET_STRING, NULL, OID, SEQUENCE, PARAMETERS] = [
  0x02, 0x03, 0x04, 0x05, 0x06, 0x30, 0xa0,
] as const;

/** The object identifiers 1.2.840.113549.1.1.1, 1.2.840.10045.2.1 and 1.3.101.112. */
const RSA = Uint8Array.of(0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01);
const EC = Uint8Array.of(0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01);
const ED25519 = '2b6570';

const RSA_TYPE: KeyType = { kty: 'RSA' };
/** By the object identifier of the curve. @see RFC 5480 section 2.1.1.1 */
const CURVES: ReadonlyMap<string, KeyType> = new Map([
  ['2a8648ce3d030107', { kty: 'EC', crv: 'P-256' }],
  ['2b81040022', { kty: 'EC', crv: 'P-384' }],
  ['2b81040023', { kty: 'EC', crv: 'P-521' }],
]);

interface Element {
  readonly tag: number;
  readonly content: Uint8Array<ArrayBuffer>;
}

const withType = (der: Uint8Array<ArrayBuffer>, type: KeyType | undefined): KeyDer | undefined =>
  type && { type, der };

/** The type that an AlgorithmIdentifier stands for. */
function algorithmIn(identifier: Element | undefined): KeyType | undefined {
  const [oid, parameters] = identifier ? elementsIn(identifier.content) : [];
  const name = oid && hex(oid.content);
  if (name === hex(RSA)) return RSA_TYPE;
  if (name === ED25519) return { kty: 'OKP', crv: 'Ed25519' };
  return name === hex(EC) && parameters ? CURVES.get(hex(parameters.content)) : undefined;
}

/** The elements of a sequence that is the whole of these bytes. */
function membersOf(der: Uint8Array<ArrayBuffer>): Element[] {
  const [sequence, ...others] = elementsIn(der);
  return sequence?.tag === SEQUENCE && others.length === 0 ? elementsIn(sequence.content) : [];
}

/** Reads elements, one after the other. Bytes that are not DER end the list. */
function elementsIn(bytes: Uint8Array<ArrayBuffer>): Element[] {
  const elements: Element[] = [];
  let at = 0;
  while (at + 2 <= bytes.length) {
    const [tag = 0, first = 0] = bytes.subarray(at, at + 2);
    const extra = first < 0x80 ? 0 : first - 0x80;
    const start = at + 2 + extra;
    const length =
      extra === 0 ? first : bytes.subarray(at + 2, start).reduce((sum, byte) => sum * 256 + byte, 0);
    if (start + length > bytes.length) break;
    elements.push({ tag, content: bytes.subarray(start, start + length) });
    at = start + length;
  }
  return elements;
}

/** A function, because compiling {@link tlv} at import would take half a millisecond of every client's first token. */
const rsaAlgorithm = (): Uint8Array[] => [tlv(OID, RSA), tlv(NULL)];

function pkcs8(algorithm: readonly Uint8Array[], privateKey: Uint8Array): Uint8Array<ArrayBuffer> {
  const version = tlv(INTEGER, Uint8Array.of(0));
  return tlv(SEQUENCE, version, tlv(SEQUENCE, ...algorithm), tlv(OCTET_STRING, privateKey));
}

function tlv(tag: number, ...contents: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const length = contents.reduce((sum, { length }) => sum + length, 0);
  const digits = length < 0x80 ? [] : hexDigits(length);
  const head = digits.length === 0 ? [tag, length] : [tag, 0x80 + digits.length, ...digits];
  return Uint8Array.from([head, ...contents].flatMap((part) => [...part]));
}

const hexDigits = (length: number): number[] =>
  length < 256 ? [length] : [...hexDigits(Math.floor(length / 256)), length % 256];

const hex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
