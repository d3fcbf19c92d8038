import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { AuthError, type AuthProviderConfig, createAuthClient } from '../../../src/index.js';
import { forge, KEYS, SECRET } from './forge.js';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const pem = publicKey.export({ format: 'pem', type: 'spki' }).toString();
const pkcs1 = publicKey.export({ format: 'pem', type: 'pkcs1' }).toString();
const privatePem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const certificate = pem.replaceAll('PUBLIC KEY', 'CERTIFICATE');
const ecPem = KEYS.p256.publicKey.export({ format: 'pem', type: 'spki' }).toString();
const der = (key: KeyObject): Buffer => key.export({ format: 'der', type: 'spki' }) as Buffer;
const jwk = { kid: 'key-1', use: 'sig', alg: 'RS256', ...publicKey.export({ format: 'jwk' }) };
const jwks = { keys: [jwk] };
const base64 = (text: string): string => Buffer.from(text).toString('base64');
const sshString = (data: Uint8Array | string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(data.length);
  return Buffer.concat([length, Buffer.from(data as string)]);
};
const sshKey = Buffer.concat([
  sshString('ssh-ed25519'),
  sshString(Buffer.from(String(KEYS.ed.jwk.x), 'base64url')),
]).toString('base64');

/**
 * Texts and bytes of keys that people have put into `secret`. Whoever can read such a key could sign. The class
 * of CVE-2023-48223, CVE-2026-34950, CVE-2026-107722, CVE-2026-107724, CVE-2017-11424, CVE-2022-29217,
 * CVE-2026-48526, CVE-2026-102268 and CVE-2026-102273.
 */
const KEY_MATERIAL: ReadonlyArray<readonly [title: string, secret: string | Uint8Array]> = [
  ['a PEM public key', pem],
  ['a PEM public key without its last newline', pem.trimEnd()],
  ['a PEM public key with newlines around', `\n\n${pem}\n`],
  ['a PEM public key with white space before it (CVE-2026-34950)', ` \t${pem}`],
  ['a PEM public key with a byte-order mark (CVE-2026-107722)', `\ufeff${pem}`],
  ['a PEM public key with NULs before it (CVE-2026-107722)', `\0\0${pem}`],
  ['a PEM public key with words before it (CVE-2026-107722)', `our public key: ${pem}`],
  ['a PEM public key in the middle of a long text', `${'x'.repeat(100_000)}${pem}${'x'.repeat(100_000)}`],
  ['a PEM public key with CRLF (CVE-2026-102268)', pem.replaceAll('\n', '\r\n')],
  ['a PEM public key with CR', pem.replaceAll('\n', '\r')],
  ['a PEM public key with \\n, as an .env file has it', pem.replaceAll('\n', '\\n')],
  ['a PEM public key in one line', pem.replaceAll('\n', ' ')],
  ['a PEM public key as JSON text', JSON.stringify(pem)],
  ['a PEM public key in JSON', JSON.stringify({ publicKey: pem })],
  ['a PEM public key of PKCS #1 (CVE-2017-11424)', pkcs1],
  ['a PEM public key on a curve', ecPem],
  ['a PEM private key', privatePem],
  ['a PEM certificate', certificate],
  ['a truncated PEM public key', pem.slice(0, 60)],
  ['a public key as bytes of PEM', Buffer.from(pem)],
  ['a public key as bytes of PEM with white space before it', new TextEncoder().encode(`\n ${pem}`)],
  ['a public key as bytes of PEM in UTF-16', Buffer.from(`\ufeff${pem}`, 'utf16le')],
  ['a PEM public key in base64', base64(pem)],
  ['a PEM public key in base64 with a newline before it', base64(`\n${pem}`)],
  ['a PEM public key in base64 with two spaces before it', base64(`  ${pem}`)],
  ['a PEM public key in base64url', Buffer.from(pem).toString('base64url')],
  ['a PEM certificate in base64', base64(certificate)],
  ['a PEM private key in base64', base64(privatePem)],
  ['a PEM public key in base64, as bytes', Buffer.from(base64(pem))],
  ['the body of a PEM public key', pem.replaceAll(/-----.*-----|\n/g, '')],
  ['the body of a PEM public key on a curve', ecPem.replaceAll(/-----.*-----|\n/g, '')],
  ['a DER public key', der(publicKey)],
  ['a DER public key of PKCS #1', publicKey.export({ format: 'der', type: 'pkcs1' })],
  ['a DER public key on a curve', der(KEYS.p256.publicKey)],
  ['a DER public key of Ed25519', der(KEYS.ed.publicKey)],
  ['a DER private key', privateKey.export({ format: 'der', type: 'pkcs8' })],
  ['an OpenSSH public key (CVE-2022-29217)', `ssh-ed25519 ${sshKey} user@host`],
  ['an SSH2 public key', `---- BEGIN SSH2 PUBLIC KEY ----\n${sshKey}\n---- END SSH2 PUBLIC KEY ----\n`],
  ['a JWK (CVE-2026-48526, CVE-2026-107724)', JSON.stringify(jwk)],
  ['a JWK with "kty" first', JSON.stringify({ kty: 'RSA', ...jwk })],
  ['a JWK, indented', JSON.stringify(jwk, null, 2)],
  ['a JWK, indented by tabs', JSON.stringify(jwk, null, '\t')],
  ['a JWK with spaces around the colons', JSON.stringify(jwk).replaceAll(':', ' : ')],
  ['a JWK with newlines around the colons', JSON.stringify(jwk).replaceAll(':', '\r\n:\r\n')],
  ['a JWK of Python', JSON.stringify(jwk).replaceAll('"', "'")],
  ['a JWK with white space before it', `\n ${JSON.stringify(jwk)}`],
  ['a JWK with words before it', `jwk=${JSON.stringify(jwk)}`],
  ['a JWK escaped in JSON', JSON.stringify(JSON.stringify(jwk))],
  ['a JWK escaped in JSON in JSON', JSON.stringify(JSON.stringify(JSON.stringify(jwk)))],
  ['a JWK in a list', JSON.stringify([jwk])],
  ['a JWK in an object (CVE-2026-102273)', JSON.stringify({ key: { jwk } })],
  ['a JWK on a curve', JSON.stringify(KEYS.p256.jwk)],
  ['a JWK of Ed25519', JSON.stringify(KEYS.ed.jwk)],
  ['a private JWK', JSON.stringify(privateKey.export({ format: 'jwk' }))],
  ['a JWK of an HMAC key', JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' })],
  ['a JWK as bytes', Buffer.from(JSON.stringify(jwk))],
  ['a JWK in base64', base64(JSON.stringify({ ...jwk }))],
  ['a JWK in base64 with "kty" first', base64(JSON.stringify({ kty: 'RSA', ...jwk }))],
  ['a JWKS (CVE-2026-102273)', JSON.stringify(jwks)],
  ['a JWKS, indented', JSON.stringify(jwks, null, 4)],
  ['a JWKS without keys', '{"keys":[]}'],
  ['a JWKS without keys, indented', '{ "keys" : [ ] }'],
  ['a JWKS escaped in JSON', JSON.stringify(JSON.stringify(jwks))],
  ['a JWKS as bytes', new TextEncoder().encode(JSON.stringify(jwks))],
  ['a JWKS in base64', base64(JSON.stringify(jwks))],
];

describe('key material in place of a secret', () => {
  it.each(KEY_MATERIAL)('%s is refused, alone and in a list, and is not repeated', (_, material) => {
    for (const secret of [material, [material], [SECRET, material]]) {
      const error = refusal({ secret });
      expect(error?.code).toBe('ERR_AUTH_CONFIG');
      expect(error?.message).toContain('"secret"');
      // Every run of 12 characters of it that is not a word of ours.
      const text = Buffer.from(material as Uint8Array).toString('latin1');
      for (let i = 40; i < Math.min(text.length, 400) - 12; i += 12) {
        expect(inspect(error, { depth: Infinity, showHidden: true })).not.toContain(text.slice(i, i + 12));
      }
    }
  });
});

/** Random-looking texts that have something of a key about them. A refusal here would be a false alarm. */
const SECRETS: ReadonlyArray<readonly [title: string, secret: string | Uint8Array]> = [
  ['dashes', '-----------------------------------------'],
  ['the word BEGIN', 'BEGIN-of-a-long-and-random-passphrase-0123456789'],
  ['the word keys', 'keys-and-kty-and-MIIB-and-ssh-and-pem-0123456789'],
  ['the words public key', 'not a public key but a passphrase of many words'],
  ['JSON that is no key', '{"a":1,"secret":"0123456789abcdef0123456789abcdef"}'],
  ['base64', Buffer.alloc(48, 0xa5).toString('base64')],
  ['hex', Buffer.alloc(48, 0xa5).toString('hex')],
  ['zero bytes', new Uint8Array(64)],
  ['bytes that begin as DER does', Uint8Array.of(0x30, 0x82, ...new Uint8Array(62).fill(7))],
  ['bytes that are not UTF-8', new Uint8Array(64).fill(0xff)],
  ['emoji', '🔑'.repeat(16)],
];

describe('a secret that only resembles key material', () => {
  it.each(SECRETS)('%s is accepted, and verifies', async (_, secret) => {
    const client = createAuthClient({ secret, onWarning: () => {} });
    const token = forge('HS256', { key: secret, claims: { exp: undefined, nbf: undefined } });
    expect(await client.verify(token)).toMatchObject({ valid: true });
  });
});

describe('a secret that is none', () => {
  it.each([
    ['empty text (CVE-2026-44351, CVE-2026-107720)', ''],
    ['no bytes (CVE-2026-102266)', new Uint8Array(0)],
    ['an empty list', []],
    ['a list with empty text', [SECRET, '']],
    ['a list with no bytes', [SECRET, new Uint8Array(0)]],
    ['null', null],
    ['undefined', undefined],
    ['zero', 0],
    ['false', false],
    ['an object with toString (CVE-2022-23529)', { toString: () => SECRET }],
    ['a list in a list', [[SECRET]]],
    ['a list with null', [SECRET, null]],
    ['a function that answers with a secret', () => SECRET],
    ['a regular expression', /secret/],
    ['a buffer without a view', new ArrayBuffer(64)],
    ['a public KeyObject (CVE-2022-23541)', publicKey],
    ['a JWK', jwk],
    ['a promise', Promise.resolve(SECRET)],
  ])('%s is refused', (_, secret) => {
    expect(refusal({ secret })?.code).toBe('ERR_AUTH_CONFIG');
  });
});

function refusal(config: object): AuthError | undefined {
  try {
    createAuthClient({ onWarning: () => {}, ...config } as AuthProviderConfig);
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
  return undefined;
}
