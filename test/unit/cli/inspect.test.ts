import { describe, expect, it } from 'vitest';
import { run } from '../../../cli/run.js';
import { fakeIo } from '../../support/fake-io.js';
import { segment } from '../../support/mint.js';

const NOW = Date.UTC(2026, 0, 1) / 1000;
const HEADER = { alg: 'ES256', kid: 'k1' };
const CLAIMS = { iss: 'https://id.example.com', aud: 'my-api', iat: NOW, exp: NOW + 300 };
const SIGNATURE = 'the-signature';

const compact = (header: object, claims: object, signature = SIGNATURE): string =>
  `${segment(header)}.${segment(claims)}.${signature}`;

async function inspect(stdin: string, { json = false, hasColour = false } = {}) {
  const world = fakeIo(stdin, { now: NOW * 1000, hasColour });
  const status = await run(['inspect', ...(json ? ['--json'] : [])], world.io);
  return { status, stdout: world.stdout(), stderr: world.stderr() };
}

const unusual = async (token: string): Promise<string[]> =>
  JSON.parse((await inspect(token, { json: true })).stdout).unusual;

describe('An inspected token', () => {
  it('is printed with its header, its claims, and readable times', async () => {
    expect(await inspect(compact(HEADER, { ...CLAIMS, nbf: NOW - 90_000 }))).toEqual({
      status: 0,
      stderr: '',
      stdout: `Header
  alg        "ES256"
  kid        "k1"

Claims (not verified)
  iss        "https://id.example.com"
  aud        "my-api"
  iat        1767225600  2026-01-01T00:00:00Z, now
  exp        1767225900  2026-01-01T00:05:00Z, in 5 minutes
  nbf        1767135600  2025-12-30T23:00:00Z, 25 hours ago

Unusual
  Nothing.
`,
    });
  });

  it('is printed as JSON for scripts, without its signature', async () => {
    const { stdout } = await inspect(compact(HEADER, CLAIMS), { json: true });
    expect(JSON.parse(stdout)).toEqual({
      verified: false,
      header: HEADER,
      claims: CLAIMS,
      times: {
        iat: { iso: '2026-01-01T00:00:00Z', relative: 'now' },
        exp: { iso: '2026-01-01T00:05:00Z', relative: 'in 5 minutes' },
      },
      unusual: [],
    });
    expect(stdout).not.toContain(SIGNATURE);
  });

  it.each([
    ['with its scheme', (token: string) => `Authorization: Bearer ${token}\n`],
    ['in quotes', (token: string) => ` "${token}"\n`],
    ['after DPoP', (token: string) => `dpop ${token}`],
  ])('can be pasted %s', async (_, paste) => {
    expect(await unusual(paste(compact(HEADER, CLAIMS)))).toEqual([]);
  });

  it('cannot control the terminal', async () => {
    const { stdout } = await inspect(
      compact({ ...HEADER, '\u001b[2J': 1 }, { ...CLAIMS, name: '\u009b2J\u202e' }),
    );
    expect(stdout).toContain('  \\u001b[2J  1\n');
    expect(stdout).toContain('"\\u009b2J\\u202e"');
  });

  it('is printed in colours on a terminal', async () => {
    expect((await inspect(compact(HEADER, CLAIMS), { hasColour: true })).stdout).toContain(
      '\u001b[1mHeader\u001b[0m',
    );
  });

  const { exp: _, ...ETERNAL } = CLAIMS;
  it.each<[object, object, string, string?]>([
    [
      { ...HEADER, alg: 'none' },
      CLAIMS,
      'The token is not signed ("alg" is "none"), so anyone could have made it.',
      '',
    ],
    [HEADER, CLAIMS, 'The token has no signature, so anyone could have made it.', ''],
    [{ kid: 'k' }, CLAIMS, 'The token names no algorithm ("alg"), so it is not a signed token.'],
    [{ ...HEADER, alg: 'ES256K' }, CLAIMS, 'The algorithm is "ES256K", which this package does not support.'],
    [
      { alg: 'HS256', kid: 'k' },
      CLAIMS,
      'The token is signed with a secret (HS256) but names a key ("kid"); identity providers that publish keys sign with RS256 or ES256.',
    ],
    [{ alg: 'RS256' }, CLAIMS, 'The token names no key ("kid"), so a verifier has to try all keys.'],
    [
      { ...HEADER, crit: ['x'] },
      CLAIMS,
      'The token requires an extension, ["x"] ("crit"); this package refuses such tokens.',
    ],
    [
      { ...HEADER, jwk: {}, jku: '' },
      CLAIMS,
      'The token brings its own key (jwk, jku), which a verifier must not trust; this package ignores it.',
    ],
    [
      HEADER,
      { ...CLAIMS, pad: 'x'.repeat(8000) },
      'The token is 11 KiB long; many servers refuse headers of more than 8 KiB.',
    ],
    [HEADER, ETERNAL, 'The token never expires: it has no "exp".'],
    [HEADER, { ...CLAIMS, exp: NOW - 180, iat: NOW - 999 }, 'The token expired 3 minutes ago.'],
    [
      HEADER,
      { ...CLAIMS, exp: NOW + 90 * 86_400 },
      'The token is valid for 90 days; if it is stolen, only a revocation list can stop it.',
    ],
    [
      HEADER,
      { ...CLAIMS, exp: CLAIMS.exp * 1000 },
      'Times must be in seconds since the epoch, but these look like milliseconds: "exp".',
    ],
    [
      HEADER,
      { ...CLAIMS, nbf: NOW + 60 },
      'The token is not valid yet: "nbf" is in 60 seconds; if that is not intended, compare the clocks.',
    ],
    [
      HEADER,
      { ...CLAIMS, iat: NOW + 120 },
      'The token was issued in the future: "iat" is in 2 minutes; compare the clocks.',
    ],
    [
      HEADER,
      { ...CLAIMS, iat: NOW - 5, exp: NOW - 5 },
      'The token expires before it was issued: "exp" is not after "iat".',
    ],
    [
      HEADER,
      { iss: 'a', iat: NOW, exp: NOW + 9 },
      'The token has no audience ("aud"), so any API may accept it.',
    ],
    [HEADER, { aud: 'a', iat: NOW, exp: NOW + 9 }, 'The token has no issuer ("iss").'],
    [
      HEADER,
      { ...CLAIMS, exp: 'soon' },
      'The claim "exp" is "soon", which is not the type that RFC 7519 requires.',
    ],
    [
      HEADER,
      { ...CLAIMS, cnf: { jkt: 'x' } },
      'The token is bound to a key ("cnf"); refuse it without a proof of that key, for example as a bearer token.',
    ],
  ])('%j with %.60j is unusual: %s', async (header, claims, remark, signature = SIGNATURE) => {
    expect(await unusual(compact(header, claims, signature))).toContain(remark);
  });

  it.each([
    ['', 'No token was given on stdin.'],
    [
      'Bearer  ',
      'A token has three segments separated by dots, but this text has 1; check that you copied all of it.',
    ],
    [
      'a.b',
      'A token has three segments separated by dots, but this text has 2; check that you copied all of it.',
    ],
    ['a.b.c.d.e', 'The token is encrypted (a JWE): only its recipient can read it.'],
    [
      `${segment(HEADER)}=.${segment({})}.x`,
      'The header is not canonical base64url; check that you copied all of it.',
    ],
    [`${segment(HEADER)}.${segment([])}.x`, 'The payload is not a JSON object.'],
  ])('%j is not a token', async (text, sentence) => {
    expect(await inspect(text)).toEqual({ status: 1, stdout: '', stderr: `${sentence}\n` });
    expect((await inspect(text, { json: true })).stdout).toBe(`${JSON.stringify({ error: sentence })}\n`);
  });
});
