import type { TestFault, TestTokenOptions } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import { run } from '../../../../cli/run.js';
import { type Answers, diagnose, ISSUER, KEYS, startIssuer } from '../../../support/doctor.js';
import { fakeIo, unwrapped } from '../../../support/fake-io.js';
import { generateKeys, mint } from '../../../support/mint.js';

const OAUTH = 'https://id.example.com/.well-known/oauth-authorization-server/tenant-a';
const OPENID = `${ISSUER}/.well-known/openid-configuration`;
const EVEN = { kty: 'RSA', n: `${'_'.repeat(340)}AA`, e: 'AQAB' };

/** The answers of both discovery URLs of an issuer without a path. */
const discovery = (origin: string, document: object): Answers =>
  Object.fromEntries(
    ['oauth-authorization-server', 'openid-configuration'].map((name) => [
      `${origin}/.well-known/${name}`,
      () => Response.json(document),
    ]),
  );

const redirect = () =>
  new Response(null, { status: 301, headers: { location: 'https://user:hush@id.example.com/?hush' } });

describe('The doctor', () => {
  it.each<[TestFault, 'keys' | 'discovery', message: string, change: string]>([
    ['404', 'discovery', `Neither ${OAUTH} nor ${OPENID} exists (404).`, 'Check the path of the issuer'],
    ['429', 'keys', 'The endpoint answered 429, not 200.', 'Wait, and find out what else sends requests'],
    ['503', 'discovery', 'The endpoint answered 503, not 200.', 'The server fails: check its logs.'],
    ['500', 'keys', 'The endpoint answered 500, not 200.', 'The server fails: check its logs.'],
    ['hang', 'discovery', 'The endpoint did not answer within 0.2 s.', 'Find out what is slow'],
    ['hang', 'keys', `${KEYS}: The endpoint did not answer within 0.2 s.`, 'Find out what is slow'],
    ['reset', 'keys', 'The connection was cut (ECONNRESET).', 'If the port speaks https:, write https:'],
    ['truncated', 'keys', 'The connection was cut (ECONNRESET).', 'check the proxies in between.'],
    ['empty', 'keys', `${KEYS} answers with an empty key set.`, 'Have the identity provider publish its'],
    [
      'weak',
      'keys',
      `No key at ${KEYS} is usable: 1 with RSA of less than 2048 bits ("`,
      'Create RSA keys of 2048',
    ],
    ['html', 'discovery', 'answered with an HTML page, not with JSON.', 'whether a login page or a proxy'],
    ['redirect', 'keys', 'answered 302, a redirect to "/tenant-a/.well-known/jwks.json", and', 'Use the URL'],
    ['too-large', 'keys', 'The endpoint answered with more than 1 MiB.', 'Check what answers at this URL.'],
    [
      'wrong-issuer',
      'discovery',
      `is of the issuer "${ISSUER}/", not of the configured "${ISSUER}": it has a slash at the end.`,
      `Set "issuer" to exactly "${ISSUER}/", if you trust that issuer.`,
    ],
  ])('names the fault "%s" of the %s, and says what to change', async (fault, only, message, change) => {
    (await startIssuer()).fail(fault, { only });
    const { status, said } = await diagnose(undefined, ...(fault === 'hang' ? ['--timeout', '0.2s'] : []));
    expect(status).toBe(1);
    expect(said).toContain(message);
    expect(said).toContain(change);
    expect(said).toMatch(/^wrong .*\n +→ [A-Z].*\.$/m);
    expect(said).toMatch(/\n1 thing is wrong\.\n$/);
  });

  const HTTP = 'http://127.0.0.1:8080';
  it.each<[what: string, issuer: string, Answers, message: string, change: string]>([
    [
      'another tenant',
      `${ISSUER.slice(0, -1)}b`,
      { [`${OAUTH.slice(0, -1)}b`]: () => Response.json({ issuer: ISSUER }) },
      `is of the issuer "${ISSUER}", not of the configured "https://id.example.com/tenant-b": its path is different, perhaps that of another tenant or realm.`,
      `Set "issuer" to exactly "${ISSUER}", if you trust that issuer.`,
    ],
    [
      'http: instead of https:',
      HTTP,
      discovery(HTTP, { issuer: HTTP.replace('http', 'https') }),
      `is of the issuer "https://127.0.0.1:8080", not of the configured "${HTTP}": it begins with https: instead of http:.`,
      'Set "issuer" to exactly "https://127.0.0.1:8080", if you trust that issuer.',
    ],
    [
      'a redirect to a URL with credentials',
      ISSUER,
      { [OAUTH]: redirect, [OPENID]: redirect },
      'The endpoint answered 301, a redirect to "https://id.example.com/", and redirects are not followed.',
      'Use the URL that it leads to, if you trust that host.',
    ],
    [
      'a key set that is other JSON',
      ISSUER,
      { [KEYS]: () => Response.json({ error: 'hush' }) },
      `${KEYS} answers with JSON that is not a key set.`,
      'Use the "jwks_uri" of the discovery document.',
    ],
    [
      'a discovery document that is other JSON',
      'https://a.example',
      discovery('https://a.example', { error: 'hush' }),
      'the discovery document names no issuer.',
      'Check what answers at this URL: it is not the metadata of an identity provider.',
    ],
    [
      'a discovery document without keys',
      'https://a.example',
      discovery('https://a.example', { issuer: 'https://a.example' }),
      'the discovery document names no "jwks_uri".',
      'Have the identity provider publish an https: URL as "jwks_uri".',
    ],
  ])('names %s as the problem, and says what to change', async (_, issuer, answers, message, change) => {
    await startIssuer(answers);
    const { status, said } = await diagnose(undefined, '--issuer', issuer);
    expect(status).toBe(1);
    expect(said).toContain(message);
    expect(said).toContain(change);
    expect(said).toMatch(/\n1 thing is wrong\.\n$/);
    expect(said).not.toContain('hush');
  });

  it('uses the keys at --jwks-url, and notes that the issuer publishes others', async () => {
    const elsewhere = 'https://mirror.example.com/jwks?hush';
    const keys = [generateKeys('ES256', 'm1').jwk, { kty: 'oct', k: 'AA' }, EVEN];
    await startIssuer({ [elsewhere]: () => Response.json({ keys }) });
    const { status, said } = await diagnose(undefined, '--jwks-url', elsewhere);
    expect(status).toBe(0);
    expect(said).toContain(
      `The issuer publishes its keys at "${KEYS}", but --jwks-url is "https://mirror.example.com/jwks": it is on another host`,
    );
    expect(said).toContain('https://mirror.example.com/jwks has 1 usable key: EC "m1".');
    expect(said).toContain(
      'Ignored keys: 1 published with the private part, so anyone can sign; 1 with an even RSA modulus.',
    );
    expect(said).toContain(
      'Replace the keys that were published with their private part at once. Create new',
    );
    expect(said).not.toContain('hush');
  });

  it('needs no discovery document with --jwks-url', async () => {
    (await startIssuer()).fail('404', { only: 'discovery' });
    const { status, said } = await diagnose(undefined, '--jwks-url', KEYS);
    expect(status).toBe(0);
    expect(said).toContain('The issuer has no usable discovery document');
  });

  it('reports keys over http: beyond this machine', async () => {
    await startIssuer();
    const { status, said } = await diagnose(undefined, '--jwks-url', 'http://a.example/');
    expect(status).toBe(1);
    expect(said).toContain(
      'The keys are fetched over http: from http://a.example/, so anyone on the network can replace them.',
    );
  });

  it('reports an issuer over http: beyond this machine', async () => {
    await startIssuer();
    const { status, said } = await diagnose(undefined, '--issuer', ISSUER.replace('https', 'http'));
    expect(status).toBe(1);
    expect(said).toContain('The issuer is an http: URL, so anyone on the network can replace its keys.');
    expect(said).toContain('it begins with https: instead of http:');
  });

  it('takes an issuer over http: for a name, where the keys are at --jwks-url', async () => {
    const issuer = await startIssuer();
    issuer.fail('404', { only: 'discovery' });
    const iss = 'http://id.internal/';
    const args = ['--issuer', iss, '--jwks-url', KEYS];
    expect(await diagnose(await issuer.token({ iss }), ...args)).toMatchObject({
      status: 0,
      said: expect.stringContaining('The package accepts the token.'),
    });
  });

  it('notes a missing audience', async () => {
    const world = fakeIo(await (await startIssuer()).token());
    expect(await run(['doctor', '--issuer', ISSUER], world.io)).toBe(0);
    expect(unwrapped(world.stdout())).toContain(
      'No audience is given, so every token of this issuer is accepted',
    );
  });

  it('shows colours on a terminal', async () => {
    await startIssuer();
    const world = fakeIo(undefined, { hasColour: true });
    await run(['doctor', '--issuer', ISSUER], world.io);
    expect(world.stdout()).toContain('\u001b[32mfits \u001b[0m');
  });
});

describe('The doctor with a token', () => {
  const INSPECT = 'Compare the token with the configuration: npx intentkit-auth inspect.';
  it.each<[string, Record<string, unknown>, TestTokenOptions, message: string, change: string]>([
    ['has expired', {}, { expiresIn: '-5m' }, 'The token has expired.', 'Get a new token;'],
    [
      'is signed with an unknown key',
      {},
      { keyId: 'other' },
      'No usable key matches the "kid" and "alg" headers, or more than 16 keys do.',
      'Check that the token is from this environment and tenant',
    ],
    ['is not valid yet', { nbf: 9e9 }, {}, 'The "nbf" claim is in the future.', 'Compare the clocks of'],
    ['has no audience', { aud: undefined }, {}, 'The token has no audience ("aud").', 'add the audience'],
    [
      'is for another API',
      { aud: ['https://api.example.com', 'b'] },
      {},
      'The token is for "https://api.example.com" and "b", not for "my-api".',
      'Set "audience" to "https://api.example.com" if that is your API; otherwise request a token for your API.',
    ],
    ['has no issuer', { iss: undefined }, {}, 'The token has no issuer ("iss").', 'add "iss"'],
    [
      'is from another host',
      { iss: 'https://b.example/tenant-a' },
      {},
      'The token was issued by "https://b.example/tenant-a", not by "https://id.example.com/tenant-a": it is on another host.',
      'Set "issuer" to exactly "https://b.example/tenant-a", if you trust that issuer.',
    ],
    ['has an "exp" that is text', { exp: 'soon' }, {}, 'The "exp" claim has the wrong type.', INSPECT],
    [
      'requires an unknown extension',
      {},
      { header: { crit: ['x'], x: 1 } },
      'The "crit" header asks for an unsupported extension.',
      'Find out what cut or changed the token on its way.',
    ],
  ])('says that it %s, and what to change', async (_, claims, options, message, change) => {
    const issuer = await startIssuer();
    const token = await issuer.token(claims, options);
    const { status, said } = await diagnose(token);
    expect(status).toBe(1);
    expect(said).toContain(message);
    expect(said).toContain(change);
    expect(said).toContain('1 thing is wrong.');
    expect(said).not.toContain(token.split('.')[2]);
  });

  it.each([
    [{ scope: 'orders:write orders:read' }, 'The token has the scopes: "orders:write orders:read".'],
    [{ scp: ['a'], permissions: ['b'] }, 'The token has the scopes: "a".'],
    [{}, 'The token has no scopes ("scope" or "scp").'],
  ])('accepts the claims %j, and names the scopes', async (claims, sentence) => {
    const issuer = await startIssuer();
    const { status, said } = await diagnose(await issuer.token(claims), '--json');
    const { findings } = JSON.parse(said);
    expect([status, findings.at(-1)]).toMatchObject([
      0,
      { verdict: 'note', check: 'token', message: sentence },
    ]);
    const refused = await diagnose(await issuer.token(claims, { expiresIn: '-5m' }));
    expect(refused.said).not.toContain('scopes');
  });

  it.each<TestFault | undefined>([undefined, '404'])(
    'says first that a token signed with a secret needs the secret, with the fault %s',
    async (fault) => {
      const issuer = await startIssuer();
      if (fault) issuer.fail(fault);
      const token = mint({
        header: { alg: 'HS512', typ: 'JWT' },
        payload: { iss: ISSUER, aud: 'my-api' },
        key: 'k',
      });
      const { status, said } = await diagnose(token, '--json');
      const { findings } = JSON.parse(said);
      expect([status, findings[0]]).toMatchObject([
        1,
        {
          verdict: 'wrong',
          message: 'The token is signed with a secret (HS512), so the keys of an issuer cannot verify it.',
          change: expect.stringContaining('a token signed with a secret needs "secret"'),
        },
      ]);
      const onTheToken = findings.filter((one: { check: string }) => one.check === 'token');
      expect(onTheToken.filter((one: { verdict: string }) => one.verdict === 'wrong')).toHaveLength(1);
    },
  );

  it.each([
    ['the slash after its host', 'https://api.example.com', 'https://api.example.com/'],
    ['the slash after its host', 'https://api.example.com/', 'https://api.example.com'],
  ])('accepts an audience that differs by %s, and configures that of the token', async (_, aud, audience) => {
    const issuer = await startIssuer();
    const { status, said } = await diagnose(await issuer.token({ aud }), '--audience', audience);
    expect([status, said]).toEqual([0, expect.stringContaining(`audience: '${aud}'`)]);
  });

  it.each([
    ['a slash after its path', 'https://a.example/v1', 'https://a.example/v1/', 'it has no slash at the end'],
    ['the scheme', 'https://a.example', 'http://a.example', 'it begins with https: instead of http:'],
    ['a slash after another scheme', 'api://a/', 'api://a', 'it has a slash at the end'],
  ])('says that its audience differs by %s', async (_, aud, audience, difference) => {
    const issuer = await startIssuer();
    const { status, said } = await diagnose(await issuer.token({ aud }), '--audience', audience);
    expect(status).toBe(1);
    expect(said).toContain(`The token is for "${aud}", not for "${audience}": ${difference}.`);
    expect(said).toContain(`Set "audience" to "${aud}" if that is your API`);
  });

  it('compares a token of another tenant whose keys are not known', async () => {
    const tenantB = ISSUER.replace(/a$/, 'b');
    const issuer = await startIssuer({ [OAUTH.replace(/a$/, 'b')]: () => Response.json({ issuer: ISSUER }) });
    const { status, said } = await diagnose(await issuer.token(), '--issuer', tenantB, '--json');
    expect({ status, ...JSON.parse(said) }).toMatchObject({
      status: 1,
      fits: false,
      findings: [
        { check: 'discovery', verdict: 'wrong' },
        {
          check: 'issuer',
          verdict: 'wrong',
          message: `The token was issued by "${ISSUER}", not by "${tenantB}": its path is different, perhaps that of another tenant or realm.`,
        },
        {
          check: 'token',
          verdict: 'note',
          message: 'The signature was not checked, because no key is usable.',
        },
      ],
    });
  });

  it.each([
    ['opaque-token', 1, 'The token is opaque, not a JWT: only its issuer can check it.'],
    [
      'ya29.a0AfH6SMBx',
      1,
      '→ Ask the identity provider for a token for your API, for example with its audience.',
    ],
    ['a.b.c.d.e', 1, 'The token is encrypted (a JWE)'],
    ['eyJh.eyJp...c2ln', 1, 'The token was cut in the middle'],
    [undefined, 0, 'No token was given on stdin: only the configuration was checked.'],
  ])('given %j exits with %i and says: %s', async (token, status, sentence) => {
    await startIssuer();
    expect(await diagnose(token)).toMatchObject({ status, said: expect.stringContaining(sentence) });
  });
});
