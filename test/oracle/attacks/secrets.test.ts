import type { KeyExportOptions, KeyObject } from 'node:crypto';
import { inspect } from 'node:util';
import { AuthError, type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { expect, it } from 'vitest';
import { forge, KEYS, SECRET } from '../../support/forge.js';

type Secret = string | Uint8Array;
type Named<T> = ReadonlyArray<readonly [what: string, value: T]>;

const { publicKey, privateKey } = KEYS.rsa;
const pem = (key: KeyObject, type: 'spki' | 'pkcs1' | 'pkcs8' = 'spki'): string =>
  key.export({ format: 'pem', type } as KeyExportOptions<'pem'>).toString();
const bodyOf = (text: string): string => text.replaceAll(/-----.*-----|\n/g, '');
const der = (key: KeyObject): Buffer => Buffer.from(bodyOf(pem(key)), 'base64');
const spki = pem(publicKey);
const jwk = { kid: 'key-1', use: 'sig', alg: 'RS256', ...publicKey.export({ format: 'jwk' }) };
const SSH_HEAD = Buffer.from('0000000b7373682d6564323535313900000020', 'hex');
const sshKey = Buffer.concat([SSH_HEAD, Buffer.from(String(KEYS.ed.jwk.x), 'base64url')]).toString('base64');

/** Texts of keys that people have used as `secret`. Anyone who can read such a key could sign tokens. */
// biome-ignore format: a table
const TEXTS: Named<string> = [
  ['PEM public key', spki], ['PEM public key of PKCS #1 (CVE-2017-11424)', pem(publicKey, 'pkcs1')],
  ['PEM public key on a curve', pem(KEYS.p256.publicKey)], ['PEM private key', pem(privateKey, 'pkcs8')],
  ['PEM certificate', spki.replaceAll('PUBLIC KEY', 'CERTIFICATE')],
  ['SSH2 public key', `---- BEGIN SSH2 PUBLIC KEY ----\n${sshKey}\n---- END SSH2 PUBLIC KEY ----\n`],
  ['JWK (CVE-2026-48526, CVE-2026-107724)', JSON.stringify(jwk)],
  ['JWK that begins with "kty"', JSON.stringify({ kty: 'RSA', ...jwk })],
  ['JWK with spaces around the colons', JSON.stringify(jwk).replaceAll(':', ' : ')],
  ['JWK of Python', JSON.stringify(jwk).replaceAll('"', "'")],
  ['JWK, indented by tabs', JSON.stringify(jwk, null, '\t')],
  ['JWK on a curve', JSON.stringify(KEYS.p256.jwk)], ['JWK of Ed25519', JSON.stringify(KEYS.ed.jwk)],
  ['private JWK', JSON.stringify(privateKey.export({ format: 'jwk' }))],
  ['JWK of an HMAC key', JSON.stringify({ kty: 'oct', k: 'c2VjcmV0' })],
  ['list of JWKs', JSON.stringify([jwk])],
  ['JWK in an object (CVE-2026-102273)', JSON.stringify({ key: { jwk } })],
  ['JWKS (CVE-2026-102273)', JSON.stringify({ keys: [jwk] })],
  ['JWKS, indented', JSON.stringify({ keys: [jwk] }, null, 4)], ['JWKS without keys', '{ "keys" : [] }'],
];

const STARTS = ['\n\n', ' \t', '\ufeff', '\0\0', 'our public key: ', 'x'.repeat(10_000)];
type Form = readonly [how: string, change: (text: string) => Secret];
const each = (texts: readonly string[], how: string, change: (text: string, by: string) => string): Form[] =>
  texts.map((by) => [`${how} ${JSON.stringify(by.slice(0, 20))}`, (text) => change(text, by)]);

/** How such a text may change on its way into a configuration. CVE-2026-34950, CVE-2026-102268, CVE-2026-107722. */
const FORMS: readonly Form[] = [
  ['unchanged', (text) => text],
  ...each(STARTS, 'after', (text, start) => `${start}${text}x`),
  ...each(['\r\n', '\r', '\\n', ' '], 'with newlines written as', (text, end) => text.replaceAll('\n', end)),
  ...each(['', '\n', '  '], 'in base64 after', (text, start) => Buffer.from(start + text).toString('base64')),
  ['without its last newline', (text) => text.trimEnd()],
  ['in JSON', (text) => JSON.stringify({ publicKey: text })],
  ['in JSON in JSON', (text) => JSON.stringify(JSON.stringify({ publicKey: text }))],
  ['in base64url', (text) => Buffer.from(text).toString('base64url')],
  ['as bytes', (text) => new TextEncoder().encode(text)],
  ['as bytes of UTF-16', (text) => Buffer.from(`\ufeff${text}`, 'utf16le')],
  ['as bytes of base64', (text) => Buffer.from(Buffer.from(text).toString('base64'))],
];
const MATERIAL: Named<Secret> = [
  ...TEXTS.flatMap(([what, text]) => FORMS.map(([how, by]) => [`${what} ${how}`, by(text)] as const)),
  ['JWK with newlines around the colons', JSON.stringify(jwk).replaceAll(':', '\r\n:\r\n')],
  ['PEM public key that is cut off', spki.slice(0, 60)],
  ['body of a PEM public key', bodyOf(spki)],
  ['body of a PEM public key on a curve', bodyOf(pem(KEYS.p256.publicKey))],
  ['DER public key', der(publicKey)],
  ['DER public key of PKCS #1', publicKey.export({ format: 'der', type: 'pkcs1' })],
  ['DER public key on a curve', der(KEYS.p256.publicKey)],
  ['DER public key of Ed25519', der(KEYS.ed.publicKey)],
  ['DER private key', privateKey.export({ format: 'der', type: 'pkcs8' })],
  ['OpenSSH public key (CVE-2022-29217)', `ssh-ed25519 ${sshKey} user@host`],
];

function refusal(config: object): AuthError | undefined {
  try {
    createAuthClient({ onWarning: () => {}, ...config } as AuthProviderConfig);
  } catch (error) {
    if (error instanceof AuthError) return error;
    throw error;
  }
  return undefined;
}

/** CVE-2023-48223 and similar ones. Each key is tried alone and in a list. */
it.each(MATERIAL)(
  'the text of a %s is refused as a secret, and the error does not contain it',
  (_, material) => {
    for (const secret of [material, [material], [SECRET, material]]) {
      const error = refusal({ secret });
      expect(error?.code).toBe('ERR_AUTH_CONFIG');
      expect(error?.message).toContain('"secret"');
      const dump = inspect(error, { depth: Infinity, showHidden: true });
      // No sequence of 12 characters of the key may appear.
      const text = Buffer.from(material as Uint8Array).toString('latin1', 40, 400);
      const runs = text.match(/.{12}/gs);
      expect(runs?.filter((run) => dump.includes(run)) ?? []).toEqual([]);
    }
  },
);

/** Texts that look random and resemble a key. Refusing one would be a false alarm. */
// biome-ignore format: a table
const ALIKE: Named<Secret> = [
  ['dashes', '-----------------------------------------'],
  ['the word BEGIN', 'BEGIN-of-a-long-and-random-passphrase-0123456789'],
  ['the word keys', 'keys-and-kty-and-MIIB-and-ssh-and-pem-0123456789'],
  ['the words public key', 'not a public key but a passphrase of many words'],
  ['JSON that is not a key', '{"a":1,"secret":"0123456789abcdef0123456789abcdef"}'],
  ['base64', Buffer.alloc(48, 0xa5).toString('base64')], ['hex', Buffer.alloc(48, 0xa5).toString('hex')],
  ['zero bytes', new Uint8Array(64)],
  ['bytes that begin like DER', Uint8Array.of(0x30, 0x82, ...new Uint8Array(62).fill(7))],
  ['bytes that are not UTF-8', new Uint8Array(64).fill(0xff)], ['emoji', '🔑'.repeat(16)],
];

it.each(ALIKE)(
  'a secret of %s, which only resembles a key, is accepted and verifies tokens',
  async (_, secret) => {
    const client = createAuthClient({ secret, onWarning: () => {} });
    const token = forge('HS256', { key: secret, claims: { exp: undefined, nbf: undefined } });
    expect(await client.verify(token)).toMatchObject({ valid: true });
  },
);

// biome-ignore format: a table
const NONE: Named<unknown> = [
  ['empty text (CVE-2026-44351, CVE-2026-107720)', ''], ['no bytes (CVE-2026-102266)', new Uint8Array(0)],
  ['an empty list', []], ['a list with empty text', [SECRET, '']],
  ['a list with no bytes', [SECRET, new Uint8Array(0)]],
  ...[null, undefined, 0, false].map((value) => [String(value), value] as const),
  ['an object with toString (CVE-2022-23529)', { toString: () => SECRET }], ['a list in a list', [[SECRET]]],
  ['a list with null', [SECRET, null]], ['a function that returns a secret', () => SECRET],
  ['a regular expression', /secret/], ['a buffer without a view', new ArrayBuffer(64)],
  ['a public KeyObject (CVE-2022-23541)', publicKey], ['a JWK', jwk], ['a promise', Promise.resolve(SECRET)],
];

it.each(NONE)('a secret that is %s is refused', (_, secret) => {
  expect(refusal({ secret })?.code).toBe('ERR_AUTH_CONFIG');
});
