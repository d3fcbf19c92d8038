import { describe, expect, it } from 'vitest';
import { run } from '../../../cli/run.js';
import { fakeIo } from '../../support/fake-io.js';
import { base64url, segment } from '../../support/mint.js';

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
    ['in quotes out of a document', (token: string) => `“${token}”`],
    ['in backticks', (token: string) => `\`\`\`\n${token}\n\`\`\``],
    ['with all of that around it', (token: string) => `authorization:  Bearer '"\`${token}\`"'\n`],
    ['after DPoP', (token: string) => `dpop ${token}`],
  ])('can be pasted %s', async (_, paste) => {
    expect(await unusual(paste(compact(HEADER, CLAIMS)))).toEqual([]);
  });

  const PADDED =
    'The token is padded with "=". Remove the padding, or have the issuer leave it out: JWTs have none.';
  const ENCODED =
    'The token is URL-encoded, with "%" in it. Decode it first, for example with decodeURIComponent.';
  const SPACED = 'The token has a line break or another space in it. Give the token alone, in one line.';
  const INSIDE_JSON =
    'The token is inside JSON. Give only the value of the field that holds the token, such as "access_token".';
  const answer = (token: string) =>
    JSON.stringify({ token_type: 'Bearer', scope: 'a.b', access_token: token });
  it.each<[string, (token: string) => string, ...remarks: string[]]>([
    ['padding', (token) => token.split('.').join('==.'), PADDED],
    ['padding at its end', (token) => `${token}=`, PADDED],
    ['encoded dots', (token) => token.replaceAll('.', '%2e'), ENCODED],
    ['encoded padding', (token) => `${token}%3D`, ENCODED, PADDED],
    ['encoded quotes', (token) => encodeURIComponent(`"${token}"`), ENCODED],
    ['line breaks in it', (token) => token.replace(/.{40}/g, '$&\r\n'), SPACED],
    ['JSON around it', answer, INSIDE_JSON],
    ['another field around it', (token) => JSON.stringify({ type: 'Bearer', jwt: token }), INSIDE_JSON],
    ['quotes and JSON around it, twice', (token) => answer(answer(`'${token}='`)), INSIDE_JSON, PADDED],
  ])('is printed with %s, which is unusual', async (_, paste, ...remarks) => {
    const { status, stdout } = await inspect(paste(compact(HEADER, CLAIMS)), { json: true });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ header: HEADER, claims: CLAIMS, unusual: remarks });
  });

  // JSON can be parsed at a depth at which it can be neither written nor joined.
  const DEEP = `${'['.repeat(20_000)}1${']'.repeat(20_000)}`;
  it.each(['exp', 'aud', 'deep'])(
    'with 20,000 lists inside each other as "%s" is printed in short',
    async (name) => {
      const token = `${segment(HEADER)}.${base64url(`{"${name}":${DEEP}}`)}.${SIGNATURE}`;
      const text = await inspect(token);
      expect(text).toMatchObject({ status: 0, stderr: '' });
      expect(text.stdout).toContain(`  ${name.padEnd(10)} ${'['.repeat(12)}"…"${']'.repeat(12)}\n`);
      const { status, stdout } = await inspect(token, { json: true });
      expect(status).toBe(0);
      expect(JSON.parse(stdout).claims).toHaveProperty(name);
      expect(stdout.length).toBeLessThan(2000);
    },
  );

  it('with many claims and long names is printed in short', async () => {
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, at) => [`${at}-${'n'.repeat(40)}`, at]));
    const names = { ['x'.repeat(50_000)]: 1, list: Array(30_000).fill(0), text: 'y'.repeat(9000) };
    for (const claims of [many, names, { nested: many }]) {
      const text = await inspect(compact(claims, claims));
      expect(text.stdout.length).toBeLessThan(20_000);
      const { stdout } = await inspect(compact(HEADER, claims), { json: true });
      expect(stdout.length).toBeLessThan(20_000);
    }
    expect((await inspect(compact(HEADER, many))).stdout).toContain('  …          "4900 more"\n');
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
      { ...HEADER, nonce: 'x' },
      CLAIMS,
      'The token has a "nonce" in its header, like tokens for Microsoft Graph: only Graph can verify those. Request a token for your API, with a scope such as api://your-api/.default.',
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

  const EMPTY = 'The token is empty. Give the whole token.';
  const OPAQUE =
    'The token is opaque, not a JWT: only its issuer can check it. Ask the identity provider for a token for your API, for example with its audience.';
  const encrypted = (by: string): string =>
    `The token is encrypted (a JWE${by}): only its recipient can read it. Ask the identity provider for a signed token for your API, for example with its audience.`;
  const CUT =
    'The token was cut in the middle: it has "..." in the place of other characters. Copy the whole token.';
  const UNSIGNED =
    'The token has no signature: it was cut at its end, or it was never signed. Copy the whole token, or have its issuer sign it.';
  const NOT_CANONICAL =
    'The token is not three non-empty segments of canonical base64url. Give all characters of the token, and no others.';
  it.each([
    ['', EMPTY],
    ['Bearer  ', EMPTY],
    ['gho_16C7e42F292c6912E7710c838347Ae178B4a', OPAQUE],
    ['a.b', OPAQUE],
    ['a.b.c.d.e', encrypted('')],
    [`"${segment({ alg: 'dir', enc: 'A128CBC-HS256' })}..a.b.c"`, encrypted(' with A128CBC-HS256')],
    ['abc.def...xyz', CUT],
    [`Bearer ${compact(HEADER, CLAIMS).slice(0, 60)}… ${SIGNATURE}`, CUT],
    [JSON.stringify({ access_token: 'eyJh...abc' }), CUT],
    [`${segment(HEADER)}.${segment(CLAIMS)}`, UNSIGNED],
    [`${segment(HEADER)}+.${segment({})}.x`, NOT_CANONICAL],
    [JSON.stringify({ error: 'invalid_client' }), INSIDE_JSON],
    [
      `${segment(HEADER)}.${segment([])}.x`,
      'The header or the payload is not a JSON object. Check that you copied the token, and all of it.',
    ],
  ])('%j is not a token', async (text, sentence) => {
    const { status, stdout, stderr } = await inspect(text);
    expect({ status, stdout, stderr: stderr.replace(/\n(?=.)/g, ' ') }).toEqual({
      status: 1,
      stdout: '',
      stderr: `${sentence}\n`,
    });
    expect((await inspect(text, { json: true })).stdout).toBe(`${JSON.stringify({ error: sentence })}\n`);
  });
});
