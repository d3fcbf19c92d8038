import { describe, expect, it } from 'vitest';
import { discoveryUrls, jwksUrlOf } from '../../../../src/keys/remote/discovery.js';

const ISSUER = 'https://id.example.com/tenant-a';
const KEYS = 'https://keys.example.net/jwks?v=2';

describe('The metadata of an issuer', () => {
  // The examples of RFC 8414 section 3.1 and of OpenID Connect Discovery 1.0 section 4.1.
  it.each([
    [
      'https://example.com',
      'https://example.com/.well-known/oauth-authorization-server',
      'https://example.com/.well-known/openid-configuration',
    ],
    [
      'https://example.com/',
      'https://example.com/.well-known/oauth-authorization-server',
      'https://example.com/.well-known/openid-configuration',
    ],
    [
      'https://example.com/issuer1',
      'https://example.com/.well-known/oauth-authorization-server/issuer1',
      'https://example.com/issuer1/.well-known/openid-configuration',
    ],
    [
      'https://example.com:8443/realms/a%20b/',
      'https://example.com:8443/.well-known/oauth-authorization-server/realms/a%20b',
      'https://example.com:8443/realms/a%20b/.well-known/openid-configuration',
    ],
    [
      'https://user:pw@example.com/a?b=c#d',
      'https://example.com/.well-known/oauth-authorization-server/a',
      'https://example.com/a/.well-known/openid-configuration',
    ],
  ])('of %s is requested from %s, then from %s', (issuer, oauth, openId) => {
    expect(discoveryUrls(issuer).map(String)).toEqual([oauth, openId]);
  });
});

const HERE = 'the "jwks_uri" of the discovery document is on this machine, but the issuer is not';
const LOOPBACKS = [
  ...['localhost', 'localhost.', '127.0.0.1', '127.1', '2130706433', '0.0.0.0', '0', 'idp.localhost'],
  ...['[::1]', '[::]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
];

describe('A discovery document', () => {
  it.each([
    ['over https: on any host', ISSUER, KEYS],
    ['over http: on this machine', 'http://localhost:8080', 'http://127.0.0.1:8080/jwks'],
    ['over http: on localhost', 'https://127.0.0.1', 'http://localhost/jwks'],
  ])('of the configured issuer gives the URL of its keys: %s', (_, issuer, jwks_uri) => {
    expect(String(jwksUrlOf({ issuer, jwks_uri }, issuer))).toBe(jwks_uri);
  });

  it.each([
    [`${ISSUER}/`, 'it has a slash at the end'],
    ['http://id.example.com/tenant-a', 'it begins with http: instead of https:'],
    ['https://login.example.com/tenant-a', 'it is on another host'],
    ['https://id.example.com:8443/tenant-a', 'it is on another port'],
    ['https://id.example.com/tenant-b', 'its path is different, perhaps that of another tenant or realm'],
    ['https://id.example.com/', 'its path is different, perhaps that of another tenant or realm'],
    ['https://id.example.com/Tenant-A', 'its path differs in upper and lower case'],
    [
      'https://ID.example.com/tenant-a',
      'it is spelled differently, perhaps in upper and lower case or with a port',
    ],
    [
      'https://id.example.com:443/tenant-a',
      'it is spelled differently, perhaps in upper and lower case or with a port',
    ],
    [
      'http://id.example.com/tenant-a/',
      'it begins with http: instead of https:, and it has a slash at the end',
    ],
    ['tenant-a', 'one of the two is not a URL'],
  ])('of the issuer %s does not match the configured issuer: %s', (issuer, difference) => {
    expect(jwksUrlOf({ issuer, jwks_uri: KEYS }, ISSUER)).toBe(
      `the discovery document is of the issuer "${issuer}", not of the configured "${ISSUER}": ${difference}`,
    );
  });

  it('whose issuer lacks the configured slash is refused with that reason', () => {
    expect(jwksUrlOf({ issuer: 'https://a.example', jwks_uri: KEYS }, 'https://a.example/')).toMatch(
      /: it has no slash at the end$/,
    );
  });

  it('is refused with an error that hides credentials and the query of its issuer, and shortens a long one', () => {
    const found = jwksUrlOf(
      { issuer: `https://u:hush@a.example/${'p'.repeat(999)}?hush` },
      'https://b.example/?hush',
    );
    expect(found).not.toContain('hush');
    expect(found).toContain('of the issuer "https://a.example/ppp');
    expect(String(found).length).toBeLessThan(400);
  });

  it.each([
    ['null', null, 'the discovery document is not a JSON object'],
    ['text', 'issuer', 'the discovery document is not a JSON object'],
    ['a list', [], 'the discovery document names no issuer'],
    [
      'an issuer that is inherited',
      Object.create({ issuer: ISSUER, jwks_uri: KEYS }),
      'the discovery document names no issuer',
    ],
    [
      'an issuer that is not text',
      { issuer: [ISSUER], jwks_uri: KEYS },
      'the discovery document names no issuer',
    ],
    ['no "jwks_uri"', { issuer: ISSUER }, 'the discovery document names no "jwks_uri"'],
    [
      'a "jwks_uri" that is not a URL',
      { issuer: ISSUER, jwks_uri: '/jwks' },
      'the "jwks_uri" of the discovery document is not a URL',
    ],
    [
      'a "jwks_uri" with a user name and a password',
      { issuer: ISSUER, jwks_uri: 'https://u:hush@a.example/' },
      'the "jwks_uri" of the discovery document holds credentials',
    ],
    [
      'a "jwks_uri" with a user name',
      { issuer: ISSUER, jwks_uri: 'https://u@a.example/' },
      'the "jwks_uri" of the discovery document holds credentials',
    ],
    [
      'a "jwks_uri" over http:',
      { issuer: ISSUER, jwks_uri: 'http://keys.example.net/jwks' },
      'the "jwks_uri" of the discovery document is not an https: URL',
    ],
    [
      'a "jwks_uri" on this machine, while the issuer is elsewhere',
      { issuer: ISSUER, jwks_uri: 'http://127.0.0.1:2375/jwks' },
      HERE,
    ],
    ...LOOPBACKS.map((host): [string, unknown, string] => [
      `keys over https: on ${host}, where the issuer is not`,
      { issuer: ISSUER, jwks_uri: `https://${host}/jwks` },
      HERE,
    ]),
    [
      'a file as "jwks_uri"',
      { issuer: ISSUER, jwks_uri: 'file:///etc/keys' },
      'the "jwks_uri" of the discovery document is not an https: URL',
    ],
  ])('that is or has %s is refused', (_, document, why) => {
    expect(jwksUrlOf(document, ISSUER)).toBe(why);
  });

  it('of an issuer on this machine must give an http: or https: URL', () => {
    const issuer = 'http://localhost';
    expect(jwksUrlOf({ issuer, jwks_uri: 'ftp://localhost/jwks' }, issuer)).toBe(
      'the "jwks_uri" of the discovery document is not an https: URL',
    );
  });

  it.each(LOOPBACKS)('of an issuer on this machine leads to keys over https: on %s', (host) => {
    const issuer = 'https://localhost';
    const jwks_uri = `https://${host}/jwks`;
    expect(jwksUrlOf({ issuer, jwks_uri }, issuer)).toEqual(new URL(jwks_uri));
  });

  it('leads to no keys on this machine where http: is allowed and the issuer is elsewhere', () => {
    const jwks_uri = 'http://localhost/jwks';
    expect(jwksUrlOf({ issuer: ISSUER, jwks_uri }, ISSUER, true)).toBe(HERE);
  });

  it('may give a URL over http: if the configuration allows it', () => {
    const jwks_uri = 'http://keys.internal/jwks';
    expect(String(jwksUrlOf({ issuer: ISSUER, jwks_uri }, ISSUER, true))).toBe(jwks_uri);
  });
});
