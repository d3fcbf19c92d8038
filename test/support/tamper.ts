import { base64url } from './mint.js';

/** Changes one segment of a token: 0 is the header, 1 the payload, 2 the signature. */
export const withSegment = (token: string, index: number, change: (segment: string) => string): string =>
  token
    .split('.')
    .map((segment, at) => (at === index ? change(segment) : segment))
    .join('.');

/** Changes the bytes of a token's signature. */
export const withSignature = (token: string, change: (signature: Buffer) => Uint8Array): string =>
  withSegment(token, 2, (segment) => base64url(change(Buffer.from(segment, 'base64url'))));

/** Flips one bit of a token's signature. */
export const flipBit = (token: string): string =>
  withSignature(token, (signature) => {
    signature.writeUInt8(signature.readUInt8(7) ^ 1, 7);
    return signature;
  });
