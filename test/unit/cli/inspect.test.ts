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
  it('is shown with its header, its claims, and its times as people read them', async () => {
    expect(await inspect(compact(HEADER, { ...CLAIMS, nbf: NOW - 90_000 }))).toEqual({
      status: 0,
      stderr: '',
      stdout: `Header
  alg        "ES256"
  kid        "k1"

Claims, which nobody has verified
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

  it('is told to scripts as JSON, and nothing of its signature', async () => {
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
  ])('may be pasted %s', async (_, paste) => {
    expect(await unusual(paste(compact(HEADER, CLAIMS)))).toEqual([]);
  });

  it('cannot write on the terminal with what others put into it', async () => {
    const { stdout } = await inspect(
      compact({ ...HEADER, '\u001b[2J': 1 }, { ...CLAIMS, name: '\u009b2J\u202e' }),
    );
    expect(stdout).toContain('  \\u001b[2J  1\n');
    expect(stdout).toContain('"\\u009b2J\\u202e"');
  });

  it('is coloured on a terminal', async () => {
    expect((await inspect(compact(HEADER, CLAIMS), { hasColour: true })).stdout).toContain(
      '\u001b[1mHeader\u001b[0m',
    );
  });

  const { exp: _, ...ETERNAL } = CLAIMS;
  it.each<[object, object, string, string?]>([
    [
      { ...HEADER, alg: 'none' },
      CLAIMS,
      'Its algorithm is "none": nobody signed it, so anyone can have made it.',
      '',
    ],
    [HEADER, CLAIMS, 'It has no signature, so anyone can have made it.', ''],
    [{ kid: 'k' }, CLAIMS, 'It names no algorithm ("alg"), so it is not a signed token.'],
    [{ ...HEADER, alg: 'ES256K' }, CLAIMS, 'Its algorithm is "ES256K", which this package does not know.'],
    [
      { alg: 'HS256', kid: 'k' },
      CLAIMS,
      'It is signed by a secret (HS256) and names a key ("kid"); identity providers with keys sign by RS256 or ES256.',
    ],
    [{ alg: 'RS256' }, CLAIMS, 'It names no key ("kid"), so a verifier has to try all keys.'],
    [
      { ...HEADER, crit: ['x'] },
      CLAIMS,
      'It demands that a verifier understand ["x"] ("crit"); this package refuses it.',
    ],
    [
      { ...HEADER, jwk: {}, jku: '' },
      CLAIMS,
      'It brings its own key (jwk, jku), which a verifier must not trust; this package ignores it.',
    ],
    [
      HEADER,
      { ...CLAIMS, pad: 'x'.repeat(8000) },
      'It is 11 KiB long; many servers refuse headers of more than 8 KiB.',
    ],
    [HEADER, ETERNAL, 'It never expires: there is no "exp".'],
    [HEADER, { ...CLAIMS, exp: NOW - 180, iat: NOW - 999 }, 'It expired 3 minutes ago.'],
    [
      HEADER,
      { ...CLAIMS, exp: NOW + 90 * 86_400 },
      'It lives for 90 days; nobody can call it back before that.',
    ],
    [
      HEADER,
      { ...CLAIMS, exp: CLAIMS.exp * 1000 },
      '"exp" must be in seconds since the epoch, and looks like milliseconds.',
    ],
    [
      HEADER,
      { ...CLAIMS, nbf: NOW + 60 },
      'It is not valid yet: "nbf" is in 60 seconds; if that is no plan, compare the clocks.',
    ],
    [
      HEADER,
      { ...CLAIMS, iat: NOW + 120 },
      'It was issued in the future: "iat" is in 2 minutes; compare the clocks.',
    ],
    [
      HEADER,
      { ...CLAIMS, iat: NOW - 5, exp: NOW - 5 },
      'It expires before it was issued: "exp" is not after "iat".',
    ],
    [HEADER, { iss: 'a', iat: NOW, exp: NOW + 9 }, 'It is for anyone: there is no "aud".'],
    [HEADER, { aud: 'a', iat: NOW, exp: NOW + 9 }, 'It does not say who issued it: there is no "iss".'],
    [
      HEADER,
      { ...CLAIMS, exp: 'soon' },
      'Its "exp" is "soon", which is not of the type that RFC 7519 asks for.',
    ],
    [
      HEADER,
      { ...CLAIMS, cnf: { jkt: 'x' } },
      'It is bound to a key of its holder ("cnf"): without a proof of that key, as a bare Bearer token, refuse it.',
    ],
  ])('%j with %.60j is unusual: %s', async (header, claims, remark, signature = SIGNATURE) => {
    expect(await unusual(compact(header, claims, signature))).toContain(remark);
  });

  it.each([
    ['', 'There is no token on stdin.'],
    [
      'Bearer  ',
      'A token has three segments between dots, and this text has 1; look for a part that was not copied.',
    ],
    [
      'a.b',
      'A token has three segments between dots, and this text has 2; look for a part that was not copied.',
    ],
    ['a.b.c.d.e', 'The token is encrypted (a JWE): only its recipient can read it.'],
    [
      `${segment(HEADER)}=.${segment({})}.x`,
      'The header is not canonical base64url; look for a part that was not copied.',
    ],
    [`${segment(HEADER)}.${segment([])}.x`, 'The payload is not a JSON object.'],
  ])('that is none, %j, is told as such', async (text, sentence) => {
    expect(await inspect(text)).toEqual({ status: 1, stdout: '', stderr: `${sentence}\n` });
    expect((await inspect(text, { json: true })).stdout).toBe(`${JSON.stringify({ error: sentence })}\n`);
  });
});
