import {
  createTestIssuer,
  type TestFault,
  type TestIssuer,
  type TestTokenOptions,
} from 'intentkit-auth/testing';
import { describe, expect, it, vi } from 'vitest';
import { explain } from '../../../cli/doctor/explain.js';
import { run } from '../../../cli/run.js';
import { fakeIo } from '../../support/fake-io.js';
import { generateKeys } from '../../support/mint.js';

const ISSUER = 'https://id.example.com/tenant-a';
const MCP = 'https://api.example.com/mcp';
const KEYS = `${ISSUER}/.well-known/jwks.json`;

type Answers = Readonly<Record<string, () => Response>>;

/** An issuer that is all the network there is, but for these answers. */
async function start(answers: Answers = {}): Promise<TestIssuer> {
  const issuer = await createTestIssuer({ url: ISSUER, audience: 'my-api' });
  vi.stubGlobal('fetch', async (input: URL | string, init?: RequestInit) => {
    const answer = Object.hasOwn(answers, String(input)) ? answers[String(input)] : undefined;
    return answer ? answer() : issuer.fetch(input, init);
  });
  return issuer;
}

async function diagnose(token?: string, ...args: readonly string[]) {
  const world = fakeIo(token);
  const given = (option: string, value: string) => (args.includes(option) ? [] : [option, value]);
  const status = await run(
    ['doctor', ...given('--issuer', ISSUER), ...given('--audience', 'my-api'), ...args],
    world.io,
  );
  return { status, said: world.stdout() };
}

describe('The doctor', () => {
  it.each<[TestFault, 'keys' | 'discovery', string]>([
    [
      '404',
      'discovery',
      `Neither https://id.example.com/.well-known/oauth-authorization-server/tenant-a nor ${ISSUER}/.well-known/openid-configuration is there (404).`,
    ],
    ['429', 'keys', 'The endpoint answered 429, not 200.'],
    ['503', 'discovery', 'The endpoint answered 503, not 200.'],
    ['500', 'keys', 'The endpoint answered 500, not 200.'],
    ['hang', 'keys', 'It is too slow: the endpoint did not answer within 0.2 s.'],
    ['reset', 'keys', 'The connection was cut. (ECONNRESET)'],
    ['truncated', 'keys', 'The connection was cut. (ECONNRESET)'],
    ['empty', 'keys', `${KEYS} answers with a key set without keys.`],
    ['weak', 'keys', `No key of ${KEYS} is usable: 1 RSA of less than 2048 bits.`],
    ['html', 'discovery', 'It answers with an HTML page, not with JSON.'],
    [
      'redirect',
      'keys',
      'It answers 302, a redirect to "/tenant-a/.well-known/jwks.json", and redirects are not followed.',
    ],
    ['too-large', 'keys', 'The endpoint answered with more than 1 MiB.'],
    [
      'wrong-issuer',
      'discovery',
      `is of the issuer "${ISSUER}/", not of the configured "${ISSUER}": it has a slash at the end.`,
    ],
  ])('names the fault "%s" of the %s', async (fault, only, sentence) => {
    (await start()).fail(fault, { only });
    const { status, said } = await diagnose(undefined, ...(fault === 'hang' ? ['--timeout', '0.2s'] : []));
    expect(status).toBe(1);
    expect(said).toContain(sentence);
    expect(said).toMatch(/^wrong .*\n +→ [A-Z].*\.$/m);
    expect(said).toContain('It does not fit: 1 thing is wrong.');
  });

  it.each<[string, Record<string, unknown>, TestTokenOptions, string]>([
    ['has expired', {}, { expiresIn: '-5m' }, 'The token has expired.'],
    [
      'is by another key',
      {},
      { keyId: 'other' },
      'There is no key, or there are too many, for the "kid" and "alg" headers.',
    ],
    ['is not valid yet', { nbf: 9e9 }, {}, 'The "nbf" claim is in the future.'],
    ['has no audience', { aud: undefined }, {}, 'The token is for nobody in particular: it has no "aud".'],
    ['has no issuer', { iss: undefined }, {}, 'The token does not say who issued it.'],
    [
      'is of another host',
      { iss: 'https://b.example/tenant-a' },
      {},
      'The token is issued by "https://b.example/tenant-a", not by "https://id.example.com/tenant-a": it is on another host.',
    ],
    [
      'demands what nobody knows',
      {},
      { header: { crit: ['x'], x: 1 } },
      'The "crit" header asks for an unsupported extension.',
    ],
  ])('says of a token that it %s', async (_, claims, options, sentence) => {
    const issuer = await start();
    const { status, said } = await diagnose(await issuer.token(claims, options));
    expect(status).toBe(1);
    expect(said).toContain(sentence);
    expect(said).toContain('It does not fit: 1 thing is wrong.');
  });

  it('says of what is no token that it is none, and of no token that none was tried', async () => {
    await start();
    expect(await diagnose('no token')).toMatchObject({
      status: 1,
      said: expect.stringContaining('A token has three segments'),
    });
    expect(await diagnose()).toMatchObject({
      status: 0,
      said: expect.stringContaining('No token came on stdin, so none was tried.'),
    });
  });

  it('notes that without an audience every token of the issuer is accepted', async () => {
    const issuer = await start();
    const world = fakeIo(await issuer.token());
    expect(await run(['doctor', '--issuer', ISSUER], world.io)).toBe(0);
    expect(world.stdout()).toContain('No audience is given, so every token of this issuer is accepted');
  });

  it('takes the keys from where it is told to, and notes that the issuer has them elsewhere', async () => {
    const elsewhere = 'https://mirror.example.com/jwks?hush';
    await start({
      [elsewhere]: () => Response.json({ keys: [generateKeys('ES256', 'm1').jwk, { kty: 'oct', k: 'AA' }] }),
    });
    const { status, said } = await diagnose(undefined, '--jwks-url', elsewhere);
    expect(status).toBe(0);
    expect(said).toContain(
      `The issuer has its keys at "${KEYS}", and --jwks-url is "https://mirror.example.com/jwks": it is on another host`,
    );
    expect(said).toContain('https://mirror.example.com/jwks has 1 usable key: EC "m1".');
    expect(said).toContain(
      'Keys that are left out: 1 published with the private part, so that anyone can sign.',
    );
    expect(said).not.toContain('hush');
  });

  it('does without discovery where it knows the keys', async () => {
    (await start()).fail('404', { only: 'discovery' });
    const { status, said } = await diagnose(undefined, '--jwks-url', KEYS);
    expect([status, said]).toEqual([
      0,
      expect.stringContaining('The issuer has no metadata that can be used'),
    ]);
  });

  it('says of http: beyond this machine that anyone can replace what comes by it', async () => {
    await start();
    const { status, said } = await diagnose(
      undefined,
      '--issuer',
      ISSUER.replace('https', 'http'),
      '--jwks-url',
      'http://a.example/',
    );
    expect(status).toBe(1);
    expect(said).toContain('The issuer begins with http:, where anyone on the way can replace its keys.');
    expect(said).toContain('it begins with https: instead of http:');
    expect(said).toContain(
      'The keys come over http: from http://a.example/, where anyone on the way can replace them.',
    );
  });

  it('says of JSON that is no key set that it is none', async () => {
    await start({ [KEYS]: () => Response.json({ error: 'hush' }) });
    expect(await diagnose()).toMatchObject({
      status: 1,
      said: expect.stringContaining(`${KEYS} answers with JSON that is no key set.`),
    });
  });

  it('is coloured on a terminal', async () => {
    await start();
    const world = fakeIo(undefined, { hasColour: true });
    await run(['doctor', '--issuer', ISSUER], world.io);
    expect(world.stdout()).toContain('\u001b[32mfits \u001b[0m');
  });
});

describe('The doctor at an MCP server', () => {
  const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource/mcp';
  const challenged = (value?: string) => () =>
    new Response(null, {
      status: 401,
      ...(value !== undefined && { headers: { 'www-authenticate': value } }),
    });
  const metadata =
    (changes: object = {}) =>
    () =>
      Response.json({ resource: MCP, authorization_servers: [ISSUER], ...changes });
  const NAMED = challenged(`Bearer resource_metadata="${METADATA}"`);

  it.each<[string, 0 | 1, Answers, string[]]>([
    [
      'that does all it should',
      0,
      { [MCP]: NAMED, [METADATA]: metadata() },
      [
        `${MCP} answers 401 and names its metadata.`,
        `${METADATA} is of this server, and names the issuer.`,
        `Clients ask for tokens for "${MCP}", and the audience is "my-api".`,
      ],
    ],
    [
      'that names no metadata',
      0,
      { [MCP]: challenged('Bearer'), [METADATA]: metadata() },
      [
        'answers 401 and names no metadata that can be used, so clients have to look in the well-known place.',
      ],
    ],
    [
      'whose metadata comes by http:',
      0,
      { [MCP]: challenged('Bearer resource_metadata="http://a.example/"'), [METADATA]: metadata() },
      ['names no metadata that can be used'],
    ],
    [
      'that does not challenge',
      1,
      { [MCP]: challenged(), [METADATA]: metadata() },
      [
        'answers 401 without WWW-Authenticate.',
        `Send WWW-Authenticate: Bearer resource_metadata="${METADATA}".`,
      ],
    ],
    [
      'that is open',
      1,
      { [MCP]: () => Response.json({}) },
      [
        'answers 200 to a request without a token, not 401.',
        'Put the gate before the MCP server: anyone can call its tools.',
      ],
    ],
    [
      'that fails',
      1,
      { [MCP]: () => new Response(null, { status: 500 }) },
      ['answers 500 to a request without a token, not 401.'],
    ],
    [
      'that redirects',
      1,
      { [MCP]: () => new Response(null, { status: 307, headers: { location: '/login?hush' } }) },
      ['It answers 307, a redirect to "/login"'],
    ],
    [
      'that cannot be reached',
      1,
      {
        [MCP]: () => {
          throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
        },
      },
      ['Nobody listens at its host and port. (ECONNREFUSED)'],
    ],
    [
      'that is too slow',
      1,
      {
        [MCP]: () => {
          throw new DOMException('', 'TimeoutError');
        },
      },
      ['It is too slow: the endpoint did not answer within 5 s.'],
    ],
    [
      'without metadata',
      1,
      { [MCP]: NAMED, [METADATA]: () => new Response(null, { status: 404 }) },
      ['The endpoint answered 404, not 200.'],
    ],
    [
      'whose metadata is of its origin',
      1,
      { [MCP]: NAMED, [METADATA]: metadata({ resource: 'https://api.example.com/' }) },
      [`The metadata is of "https://api.example.com/", not of "${MCP}": its path is another one`],
    ],
    [
      'whose metadata is empty',
      1,
      { [MCP]: NAMED, [METADATA]: () => Response.json({}) },
      [
        'The metadata names no "resource".',
        'The metadata names no "authorization_servers".',
        'It does not fit: 2 things are wrong.',
      ],
    ],
    [
      'whose metadata names the issuer with a slash',
      1,
      { [MCP]: NAMED, [METADATA]: metadata({ authorization_servers: [`${ISSUER}/`] }) },
      [`The metadata sends clients to "${ISSUER}/", not to "${ISSUER}": it has a slash at the end.`],
    ],
  ])('%s ends with %i', async (_, expected, answers, sentences) => {
    await start(answers);
    const { status, said } = await diagnose(undefined, '--mcp', MCP);
    for (const sentence of sentences) expect(said).toContain(sentence);
    expect(status).toBe(expected);
    expect(said).not.toContain('hush');
  });

  it('names the scope that the token lacks, and says that the token was not sent', async () => {
    const wantsScopes = challenged(`Bearer scope="mcp files", resource_metadata="${METADATA}"`);
    const issuer = await start({ [MCP]: wantsScopes, [METADATA]: metadata() });
    const told = async (scope: string) => (await diagnose(await issuer.token({ scope }), '--mcp', MCP)).said;
    const lacking = 'The server asks for the scope "mcp", which the token does not name.';
    expect(await told('files')).toContain(lacking);
    expect(await told('files mcp')).not.toContain(lacking);
    expect(await told('files mcp')).toContain(
      'The token was not sent to the server, whose own configuration may differ.',
    );
  });

  it('does not ask over http: beyond this machine', async () => {
    await start();
    const { status, said } = await diagnose(undefined, '--mcp', 'http://api.example.com/mcp');
    expect([status, said]).toEqual([1, expect.stringContaining('The MCP server is asked over http:')]);
  });
});

describe('The cause of a failed request', () => {
  it.each([
    ['the request failed (ENOTFOUND)', {}, 'Its host does not exist. (ENOTFOUND)'],
    [
      'the request failed (ERR_TLS_CERT_ALTNAME_INVALID)',
      {},
      'Its certificate is for another host. (ERR_TLS_CERT_ALTNAME_INVALID)',
    ],
    ['the request failed (toString)', {}, 'The request failed (toString).'],
    ['the request failed', {}, 'The request failed.'],
    [
      'the endpoint answered 302, not 200',
      { status: 302 },
      'It answers 302, a redirect to an unnamed place, and redirects are not followed.',
    ],
    [
      'the endpoint did not answer with JSON',
      { contentType: 'text/plain' },
      'It answers with something that is not JSON.',
    ],
  ])('"%s", with %j seen of the answer, is: %s', (phrase, seen, message) => {
    expect(explain(phrase, seen).message).toBe(message);
  });

  it.each([
    [401, 'Let it be read without a login, or send "jwks.headers" from your server.'],
    [404, 'Look at the path: the tenant, the realm, the version.'],
    [418, 'Look at what answers there.'],
    [429, 'Wait, and look who else asks that often from this address.'],
    [502, 'It is the identity provider that fails: look at its logs.'],
  ])('leads for status %i to: %s', (status, change) => {
    expect(explain(`the endpoint answered ${status}, not 200`, { status }).change).toBe(change);
  });
});
