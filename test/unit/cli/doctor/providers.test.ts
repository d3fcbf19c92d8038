// What identity providers do beyond the standards, each served by a real server.
import { describe, expect, it, onTestFinished } from 'vitest';
import { diagnose } from '../../../support/doctor.js';
import { startJwksServer } from '../../../support/jwks-server.js';
import { createSigner, generateKeys, mint, segment } from '../../../support/mint.js';

const signer = createSigner('k1');
const NOW = Math.floor(Date.now() / 1000);
const tokenOf = (claims: object, header: object = {}): string =>
  mint({
    header: { alg: 'ES256', kid: 'k1', ...header },
    payload: { aud: 'my-api', iat: NOW, exp: NOW + 300, ...claims },
    key: signer.privateKey,
  });

type Documents = (origin: string) => Readonly<Record<string, unknown>>;

/** Serves JSON by path, and 404 elsewhere. In what the doctor says, the origin is `ORIGIN`. */
async function serve(documents: Documents) {
  const server = await startJwksServer();
  onTestFinished(server.close);
  const { origin } = new URL(server.url);
  const served = documents(origin);
  server.handler = ({ url = '' }, response) => {
    const isThere = Object.hasOwn(served, url);
    response.writeHead(isThere ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isThere ? JSON.stringify(served[url]) : '{}');
  };
  const ask = async (token: string | undefined, ...args: readonly string[]) => {
    const { status, said } = await diagnose(token, ...args.map((arg) => arg.replace('ORIGIN', origin)));
    return { status, said: said.replaceAll(origin, 'ORIGIN') };
  };
  return { server, origin, ask };
}

const metadata = (issuer: string, origin: string, more = {}) => ({
  issuer,
  jwks_uri: `${origin}/keys`,
  ...more,
});
const KEYS = { '/keys': { keys: [signer.jwk] } };

describe('For an issuer that stands for every tenant, the doctor asks for the id of one:', () => {
  const TENANT =
    'Set "issuer" to that URL with the id of your tenant in place of the braces, or give "issuers" one entry for each tenant.';
  it.each([
    ['common', '/common/v2.0', '/{tenantid}/v2.0'],
    ['organizations', '/organizations/v2.0', '/{tenantid}/v2.0'],
    ['common', '/common', '/{tenantid}/'],
  ])('%s, at %s', async (name, path, template) => {
    const { ask } = await serve((origin) => ({
      [`${path}/.well-known/openid-configuration`]: metadata(`${origin}${template}`, origin),
      ...KEYS,
    }));
    const { status, said } = await ask(undefined, '--issuer', `ORIGIN${path}`);
    expect(status).toBe(1);
    expect(said).toContain(
      `is for all tenants: its issuer is "ORIGIN${template}", and "${name}" has no issuer of its own.`,
    );
    expect(said).toContain(TENANT);
    expect(said).not.toContain('Set "issuer" to exactly');
    expect(said).toContain('\n1 thing is wrong.\n');
  });

  it('also where its template is configured', async () => {
    const { ask, server } = await serve(() => KEYS);
    const { status, said } = await ask(undefined, '--issuer', 'ORIGIN/{tenantid}/v2.0');
    expect([status, server.requests]).toEqual([1, 0]);
    expect(said).toContain('The issuer has "{tenantid}" in it, which stands for the id of a tenant.');
    expect(said).toContain(TENANT);
  });
});

describe('With AD FS, whose access tokens have an issuer that is no discovery URL, the doctor', () => {
  const DOCUMENT = '/adfs/.well-known/openid-configuration';
  const TRUST = 'ORIGIN/adfs/services/trust';
  const adfs = (more: object = {}) =>
    serve((origin) => ({
      [DOCUMENT]: metadata(`${origin}/adfs`, origin, {
        access_token_issuer: `${origin}/adfs/services/trust`,
        ...more,
      }),
      ...KEYS,
    }));

  it.each(['no token', 'an access token'])(
    'given its own name and %s, says which issuer and keys to configure',
    async (given) => {
      const { ask, origin } = await adfs();
      const token = given === 'no token' ? undefined : tokenOf({ iss: `${origin}/adfs/services/trust` });
      const { status, said } = await ask(token, '--issuer', 'ORIGIN/adfs');
      expect(status).toBe(1);
      expect(said).toContain(
        `Access tokens of this server have another issuer, "${TRUST}" ("access_token_issuer"), which is not a discovery URL.`,
      );
      expect(said).toContain(`→ Set issuer: '${TRUST}' and jwksUrl: 'ORIGIN/keys'.`);
      expect(said).toContain('\n1 thing is wrong.\n');
    },
  );

  it('finds nothing wrong with its own name for an ID token', async () => {
    const { ask, origin } = await adfs();
    const { status } = await ask(tokenOf({ iss: `${origin}/adfs` }), '--issuer', 'ORIGIN/adfs');
    expect(status).toBe(0);
  });

  it('given the issuer of its access tokens, finds the keys and configures both', async () => {
    const { ask, origin } = await adfs();
    const token = tokenOf({ iss: `${origin}/adfs/services/trust` });
    const { status, said } = await ask(token, '--issuer', TRUST);
    expect(said).toContain(`ORIGIN${DOCUMENT} names exactly this issuer, for access tokens`);
    expect(said).toContain('a client needs "jwksUrl" beside it.\n');
    expect(said).toContain('The package accepts the token.');
    expect(said).toContain(`  issuer: '${TRUST}',\n  jwksUrl: 'ORIGIN/keys',\n  audience: 'my-api',\n`);
    expect(status).toBe(0);
  });

  it.each<[what: string, more: object, ...sentences: string[]]>([
    [
      'another issuer',
      { access_token_issuer: 'http://adfs.example/adfs/services/trust' },
      'does not name this issuer as its "access_token_issuer", but "http://adfs.example/adfs/services/trust".',
      'Set "issuer" to exactly "http://adfs.example/adfs/services/trust", if you trust that issuer.',
    ],
    [
      'no issuer of access tokens',
      { access_token_issuer: undefined },
      'does not name this issuer as its "access_token_issuer".',
      'Compare the issuer with the "iss" of a token.',
    ],
    [
      'keys over http:',
      { jwks_uri: 'http://a.example/keys' },
      'Have AD FS publish an https: URL as "jwks_uri".',
    ],
  ])('says that its document names %s', async (_, more, ...sentences) => {
    const { ask } = await adfs(more);
    const { status, said } = await ask(undefined, '--issuer', TRUST);
    expect(status).toBe(1);
    for (const sentence of sentences) expect(said).toContain(sentence);
  });

  it('says that its document cannot be fetched, which is only a note beside --jwks-url', async () => {
    const { ask, origin } = await serve(() => KEYS);
    const token = tokenOf({ iss: `${origin}/adfs/services/trust` });
    const failed = `ORIGIN${DOCUMENT}, which should name the keys of AD FS: The endpoint answered 404, not 200.`;
    expect(await ask(token, '--issuer', TRUST)).toMatchObject({
      status: 1,
      said: expect.stringContaining(`wrong  discovery  ${failed}`),
    });
    expect(await ask(token, '--issuer', TRUST, '--jwks-url', 'ORIGIN/keys')).toMatchObject({
      status: 0,
      said: expect.stringContaining(`note   discovery  ${failed}`),
    });
  });
});

describe('For an issuer that is no URL, the doctor', () => {
  it.each(['accounts.google.com', 'project-live-5b1d-4f4c', 'stytch.com/project-live-5b1d', 'urn:idp'])(
    'takes the keys of %s from --jwks-url, and asks for that',
    async (issuer) => {
      const { ask } = await serve(() => KEYS);
      const without = await ask(tokenOf({ iss: issuer }), '--issuer', issuer);
      expect(without.status).toBe(1);
      expect(without.said).toContain(`"${issuer}" is not an https: URL, so its keys cannot be discovered.`);
      expect(without.said).toContain('Give --jwks-url with the URL of the keys');
      const args = ['--issuer', issuer, '--jwks-url', 'ORIGIN/keys'];
      const { status, said } = await ask(tokenOf({ iss: issuer }), ...args);
      expect(said).toContain('so its keys cannot be discovered; they are taken from --jwks-url.');
      expect(said).toContain('The package accepts the token.');
      expect(said).toContain(`  issuer: '${issuer}',\n  jwksUrl: 'ORIGIN/keys',\n`);
      expect(status).toBe(0);
    },
  );

  it('does not compare it with the authorization servers of an MCP server', async () => {
    const { ask, server } = await serve((origin) => ({
      ...KEYS,
      '/.well-known/oauth-protected-resource/mcp': {
        resource: `${origin}/mcp`,
        authorization_servers: ['https://id.example.com'],
      },
    }));
    const { handler } = server;
    server.handler = (request, response) => {
      if (request.url !== '/mcp') return handler?.(request, response);
      response.writeHead(401, { 'www-authenticate': 'Bearer', location: '/login' }).end();
    };
    const args = ['--issuer', 'project-1', '--jwks-url', 'ORIGIN/keys', '--mcp', 'ORIGIN/mcp'];
    const { status, said } = await ask(undefined, ...args);
    expect(said).toContain('names this server.\n');
    expect(status).toBe(0);
  });
});

describe('The doctor names what is wrong with keys:', () => {
  const p256 = generateKeys('ES256', 'ec').jwk;
  const rsa = generateKeys('RS256', 'rsa').jwk;
  const [n, x] = [Buffer.from(String(rsa.n), 'base64url'), Buffer.from(String(p256.x), 'base64url')];
  const url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url');
  const point = (y: number) => url(Uint8Array.of(y, ...Array(31).fill(0)));

  it.each<[what: string, key: object, why: string, change: string]>([
    [
      'a point off its curve',
      { ...p256, x: url(x.map((byte, at) => (at === 9 ? byte ^ 1 : byte))) },
      '1 with a point that is not on its curve ("ec")',
      'a coordinate is wrong.',
    ],
    [
      'a parameter that is cut',
      { ...p256, x: 'AAAAA' },
      '1 with a parameter that is missing or wrong ("ec")',
      'a parameter is wrong or cut.',
    ],
    [
      'a short modulus',
      { ...rsa, n: url(n.subarray(0, 128)) },
      '1 with RSA of less than 2048 bits ("rsa")',
      'of 2048',
    ],
    [
      'an exponent of one',
      { ...rsa, e: 'AQ' },
      '1 with an unsafe RSA exponent ("rsa")',
      'the exponent 65537',
    ],
    [
      'an even modulus',
      { ...rsa, n: url(n.map((byte, at) => (at === 255 ? 0 : byte))) },
      '1 with an even RSA',
      'Create',
    ],
    [
      'a private part',
      generateKeys('ES256').privateKey.export({ format: 'jwk' }),
      '1 published with the private part, so anyone can sign.',
      'Replace the keys that were published with their private part at once.',
    ],
    [
      'a weak point',
      { kty: 'OKP', crv: 'Ed25519', x: point(1) },
      '1 with a weak Ed25519 point',
      'new Ed25519 keys.',
    ],
    [
      'a point that is not canonical',
      { kty: 'OKP', crv: 'Ed25519', x: url(Uint8Array.of(0xee, ...Array(30).fill(0xff), 0x7f)) },
      '1 with an Ed25519 point whose encoding is not canonical',
      'as RFC 8032 encodes them.',
    ],
    ['encryption', { ...p256, use: 'enc' }, '1 for another use than signatures', '"use": "sig"'],
    [
      'another curve',
      { ...p256, crv: 'secp256k1' },
      '1 of an unsupported type, curve or algorithm',
      'use RS256, PS256, ES256',
    ],
  ])('%s', async (_, key, why, change) => {
    let keys = [key];
    const { ask } = await serve((origin) => ({
      '/.well-known/openid-configuration': metadata(origin, origin),
      '/keys': {
        get keys() {
          return keys;
        },
      },
    }));
    const alone = await ask(undefined, '--issuer', 'ORIGIN');
    expect(alone.status).toBe(1);
    expect(alone.said).toContain(`No key at ORIGIN/keys is usable: ${why}`);
    expect(alone.said).toContain(change);
    keys = [key, signer.jwk];
    const beside = await ask(undefined, '--issuer', 'ORIGIN');
    expect(beside.status).toBe(0);
    expect(beside.said).toContain('ORIGIN/keys has 1 usable key: EC "k1".');
    expect(beside.said).toContain(`Ignored keys: ${why}`);
    expect(beside.said).toContain(change);
  });

  it('each reason once, with some of the key ids', async () => {
    const encryption = ['a', 'b', 'c', 'd'].map((kid) => ({ ...p256, kid, use: 'enc' }));
    const { ask } = await serve(() => ({ '/keys': { keys: [...encryption, { ...rsa, e: 'AQ' }] } }));
    const { said } = await ask(undefined, '--issuer', 'project-1', '--jwks-url', 'ORIGIN/keys');
    expect(said).toContain(
      '4 for another use than signatures ("a", "b", "c", …); 1 with an unsafe RSA exponent ("rsa").',
    );
    expect(said).toContain('publish them with "use": "sig". Create RSA keys with the exponent 65537.');
  });

  it('none at all, where the application has no signing key', async () => {
    const { ask } = await serve((origin) => ({
      '/.well-known/openid-configuration': metadata(origin, origin),
      '/keys': {},
    }));
    const { status, said } = await ask(undefined, '--issuer', 'ORIGIN');
    expect(status).toBe(1);
    expect(said).toContain('ORIGIN/keys answers {}: no signing key is configured for this application.');
    expect(said).toContain('in Authentik, "Signing Key" of the OAuth2 provider.');
  });

  it('a login, also where its answer says where that is', async () => {
    const { ask, server } = await serve(() => KEYS);
    server.handler = (_, response) => void response.writeHead(401, { location: '/login?hush' }).end();
    const { status, said } = await ask(undefined, '--issuer', 'ORIGIN');
    expect(status).toBe(1);
    expect(said).toContain('The endpoint answered 401, not 200.');
    expect(said).toContain('Make the document readable without a login');
    expect(said).not.toContain('redirect');
  });
});

describe('With a token that only another can check, the doctor says so:', () => {
  const GRAPH =
    'The token has a "nonce" in its header, like tokens for Microsoft Graph: only Graph can verify those.';
  const issuer = async () => {
    const served = await serve((origin) => ({
      '/.well-known/openid-configuration': metadata(origin, origin),
      ...KEYS,
    }));
    const graph = { aud: '00000003-0000-0000-c000-000000000000', iss: served.origin };
    return { ...served, graph };
  };

  it('a token for Microsoft Graph, whose signature fits no published key', async () => {
    const { ask, graph } = await issuer();
    const [, ...signed] = tokenOf(graph, { nonce: 'hashed' }).split('.');
    const token = [segment({ alg: 'ES256', kid: 'k1', nonce: 'plain' }), ...signed].join('.');
    const { status, said } = await ask(token, '--issuer', 'ORIGIN');
    expect(status).toBe(1);
    expect(said).toContain(GRAPH);
    expect(said).toContain('Request a token for your API, with a scope such as api://your-api/.default.');
    expect(said).toContain('\n1 thing is wrong.\n');
    const unknown = [segment({ alg: 'ES256', kid: 'k2', nonce: 'plain' }), ...signed].join('.');
    expect((await ask(unknown, '--issuer', 'ORIGIN')).said).toContain(GRAPH);
    expect((await ask(token, '--issuer', 'other')).said).toContain(GRAPH);
  });

  it('but not a token with a "nonce" that can be verified', async () => {
    const { ask, origin } = await issuer();
    const { status, said } = await ask(tokenOf({ iss: origin }, { nonce: 'x' }), '--issuer', 'ORIGIN');
    expect([status, said]).toEqual([0, expect.not.stringContaining('Graph')]);
  });

  it.each([
    ['padded', (token: string) => `${token}==`, 'The token is padded with "=".', 'Remove the padding'],
    [
      'URL-encoded',
      (token: string) => encodeURIComponent(`"${token}"`),
      'The token is URL-encoded',
      'Decode',
    ],
    [
      'broken over lines',
      (token: string) => token.replace('.', '.\n'),
      'has a line break',
      'Give the token alone, in one line.',
    ],
  ])('a token that is %s is wrong for the client too', async (_, change, what, cure) => {
    const { ask, origin } = await issuer();
    const { status, said } = await ask(change(tokenOf({ iss: origin })), '--issuer', 'ORIGIN');
    expect(status).toBe(1);
    expect(said).toContain(what);
    expect(said).toContain(`→ ${cure}`);
    expect(said).toContain('\n1 thing is wrong.\n');
  });

  it('a token inside JSON is taken out', async () => {
    const { ask, origin } = await issuer();
    const answer = JSON.stringify({ access_token: tokenOf({ iss: origin }), token_type: 'Bearer' });
    expect(await ask(answer, '--issuer', 'ORIGIN')).toMatchObject({
      status: 0,
      said: expect.stringContaining('The package accepts the token.'),
    });
  });
});
