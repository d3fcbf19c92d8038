import { generateKeyPairSync, sign } from 'node:crypto';
import type { Certificate } from '../../support/jwks-server.js';

const der = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const bytes = (hex: string): Buffer => Buffer.from(hex, 'hex');
const time = (date: Date): Buffer =>
  der(0x17, Buffer.from(`${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`));

const ECDSA_WITH_SHA256 = sequence(der(0x06, bytes('2a8648ce3d040302')));
const NAME = sequence(der(0x31, sequence(der(0x06, bytes('550403')), der(0x0c, Buffer.from('test')))));
const OF_127_0_0_1 = sequence(der(0x06, bytes('551d11')), der(0x04, sequence(der(0x87, bytes('7f000001')))));
const OF_AN_AUTHORITY = sequence(der(0x06, bytes('551d13')), der(0x04, sequence(bytes('0101ff'))));

/** A certificate for 127.0.0.1, signed by itself and valid between two times. @see RFC 5280 section 4.1 */
export function createCertificate(from: Date, to: Date): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const signed = sequence(
    der(0xa0, bytes('020102')),
    bytes('020101'),
    ECDSA_WITH_SHA256,
    NAME,
    sequence(time(from), time(to)),
    NAME,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(OF_127_0_0_1, OF_AN_AUTHORITY)),
  );
  const signature = der(0x03, Buffer.from([0]), sign('sha256', signed, privateKey));
  const base64 = sequence(signed, ECDSA_WITH_SHA256, signature).toString('base64');
  return {
    key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${base64.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
  };
}
