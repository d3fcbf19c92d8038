import { describe, expect, it } from 'vitest';
import { isAsymmetricKeyText } from '../../../src/config/asymmetric-key-text.js';
import { SECRET } from '../../support/secrets.js';

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
const base64 = (text: string): string => Buffer.from(text, 'latin1').toString('base64');

// What keys of all kinds look like is in the table of secrets among the attacks; here are the bounds of each form.
describe('isAsymmetricKeyText', () => {
  it.each<[form: string, ...texts: string[]]>([
    ['PEM', '-----BEGIN', 'x-----BEGIN', '---- BEGIN SSH2'],
    ['PEM in base64', 'key: LS0tLS1CRUdJTi'],
    ['OpenSSH', 'ssh-rsa AAAA', 'ssh-ed25519 AAAA', 'ecdsa-sha2-nistp256 AAAA'],
    ['a JWK', '"kty":', "{'kty' \n:", '{\\"kty\\":', '\\\\\\"kty\\\\\\":', '\\"kty\\"\\n \\\\t:'],
    ['a JWKS', '"keys":[', "{'keys' \n: \t[", '{\\"keys\\":[', '\\\\\\"keys\\\\\\":[', '\\"keys\\"\\r:\\n['],
    ['an RSA key in DER', '*\x86H\x86\xf7\r\x01\x01\x01'],
    ['an EC key in DER', '*\x86H\xce=\x02\x01'],
    ['an Ed25519 or X25519 key in DER', '0\x05\x06\x03+ep', '0\x05\x06\x03+en'],
    ['an RSA key in PKCS #1', '0\x82\x01\n\x02\x82', '0\x82\x01\0\x02\x82', '0\x82\n\x0a\x02\x82'],
    ['UTF-16', '-\0-\0-\0-\0-\0B\0E\0G\0I\0N\0', '"\0k\0t\0y\0"\0:\0'],
    ['base64', base64('"kty":'), base64('*\x86H\xce=\x02\x01'), base64('"\0k\0t\0y\0"\0:\0')],
    ['base64url', `-_-_${base64('"kty":')}`],
  ])('isAsymmetricKeyText knows %s', (_, ...texts) => {
    for (const text of texts) expect([text, isAsymmetricKeyText(latin1(text))]).toEqual([text, true]);
  });

  it.each([
    ...['', SECRET, base64(SECRET), '---BEGIN', '-----  BEGIN', 'BEGIN', 'LS0tLS1CRUdJT', '-----'],
    ...[
      'ssh- AAAA',
      'ssh-rsa BBBB',
      'ssh-rsa',
      'ecdsa-sha2-nistp AAAA',
      'kty:',
      '"kty"',
      '"ktys":',
      '"kty" x:',
    ],
    ...['"keys": {', '"keys" [', '"keys" : x [', '*\x86H\x86\xf7\r\x01\x01\x02', '*\x86H\xce=\x02\x02'],
    ...['0\x05\x06\x03+eq', 'x0\x82\x01\n\x02\x82', '0\x82\x02\x82', '0\x82123\x02\x82', '!"kty'],
  ])('isAsymmetricKeyText lets %j pass', (text) => {
    expect(isAsymmetricKeyText(latin1(text))).toBe(false);
  });
});
