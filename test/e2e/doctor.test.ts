import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { run } from '../../cli/run.js';
import { type BuiltProject, createBuiltProject, runToEnd } from '../support/built-project.js';
import { fakeIo } from '../support/fake-io.js';
import {
  AUDIENCE,
  type IdentityProvider,
  type IdentityProviderOptions,
  startIdentityProvider,
} from '../support/identity-provider.js';
import { createCertificate } from './doctor/certificate.js';

let project: BuiltProject;
beforeAll(async () => {
  project = await createBuiltProject();
}, 60_000);
afterAll(() => project?.remove());

const MAIN = 'node_modules/intentkit-auth/dist/cli/main.js';

/** The built command, as npx starts it. */
const cli = (args: readonly string[], input = '', env: Record<string, string> = {}) =>
  runToEnd(process.execPath, [MAIN, ...args], { cwd: project.folder, input, env });

/** Runs the built doctor. In what it says, the address of the provider is `HOST`. */
async function diagnose({ origin }: IdentityProvider, args: readonly string[], token = '', env = {}) {
  const { status, stdout, stderr } = await cli(['doctor', ...args], token, env);
  expect(stderr).toBe('');
  return { status, said: stdout.replaceAll(new URL(origin).host, 'HOST') };
}

/** The same in this process, which takes a tenth of the time. */
async function diagnoseHere({ origin }: IdentityProvider, args: readonly string[], token?: string) {
  const world = fakeIo(token);
  const status = await run(['doctor', ...args], world.io);
  expect(world.stderr()).toBe('');
  return { status, said: world.stdout().replaceAll(new URL(origin).host, 'HOST') };
}

/** How an identity provider is set up, and what answers in its place, by the end of the path. */
interface Setup extends IdentityProviderOptions {
  readonly instead?: Readonly<Record<string, RequestListener>>;
}

async function start({ instead = {}, ...options }: Setup = {}): Promise<IdentityProvider> {
  const provider = await startIdentityProvider(options);
  onTestFinished(() => provider.stop());
  const { handler } = provider.server;
  provider.server.handler = (request, response) => {
    const end = Object.keys(instead).find((path) => request.url?.endsWith(path)) ?? '';
    (instead[end] ?? handler)?.(request, response);
  };
  return provider;
}

const json =
  (document: object): RequestListener =>
  (_, response) =>
    void response.setHeader('content-type', 'application/json').end(JSON.stringify(document));
const DISCOVERY = ['/oauth-authorization-server', '/openid-configuration'];
const forDiscovery = (listener: RequestListener) =>
  Object.fromEntries(DISCOVERY.map((path) => [path, listener]));
const weak = () => generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey.export({ format: 'jwk' });

/** What is broken, how, with what issuer the doctor is called, and the two sentences it must say. */
const BROKEN: [what: string, Setup, issuer: (provider: IdentityProvider) => string, ...args: string[]][] = [
  [
    'a slash too much in the issuer',
    {},
    ({ issuer }) => `${issuer}/`,
    'not of the configured "http://HOST/": it has no slash at the end.',
    'Set "issuer" to "http://HOST", to the letter, if that is whom you trust.',
  ],
  [
    'another tenant',
    { path: '/tenant-a' },
    ({ origin }) => `${origin}/tenant-b`,
    'is of the issuer "http://HOST/tenant-a", not of the configured "http://HOST/tenant-b": its path is another one, as of another tenant or realm.',
    'Set "issuer" to "http://HOST/tenant-a", to the letter',
  ],
  [
    'http: for https:',
    { scheme: 'https' },
    ({ origin }) => origin,
    'is of the issuer "https://HOST", not of the configured "http://HOST": it begins with https: instead of http:.',
    'Set "issuer" to "https://HOST", to the letter',
  ],
  [
    'a tenant that is nowhere',
    { instead: forDiscovery((_, response) => void response.writeHead(404).end()) },
    ({ origin }) => `${origin}/tenant-c`,
    'Neither http://HOST/.well-known/oauth-authorization-server/tenant-c nor http://HOST/tenant-c/.well-known/openid-configuration is there (404).',
    'Look at the path of the issuer: the tenant, the realm, the version',
  ],
  [
    'a key set without keys',
    { instead: { '/jwks': json({ keys: [] }) } },
    ({ issuer }) => issuer,
    'http://HOST/jwks answers with a key set without keys.',
    'Let the identity provider publish its signing keys',
  ],
  [
    'nothing but a weak key',
    { instead: { '/jwks': json({ keys: [weak()] }) } },
    ({ issuer }) => issuer,
    'No key of http://HOST/jwks is usable: 1 RSA of less than 2048 bits.',
    'Let the identity provider sign with RSA of 2048 bits or more, or with ES256.',
  ],
  [
    'a redirect',
    {
      instead: forDiscovery((_, response) =>
        response.writeHead(301, { location: 'https://user:hush@id.example.com/?hush' }).end(),
      ),
    },
    ({ issuer }) => issuer,
    'It answers 301, a redirect to "https://id.example.com/", and redirects are not followed.',
    'Name the place that it leads to, if that is still the identity provider that you mean.',
  ],
  [
    'a page instead of JSON',
    {
      instead: forDiscovery((_, response) =>
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end('<title>Sign in</title>'),
      ),
    },
    ({ issuer }) => issuer,
    'It answers with an HTML page, not with JSON.',
    'Look at the path, and for a login page or a proxy that answers in its place.',
  ],
  [
    'no answer in time',
    { instead: forDiscovery(() => {}) },
    ({ issuer }) => issuer,
    'It is too slow: the endpoint did not answer within 0.5 s.',
    'Look at what makes it slow',
  ],
];

describe('The doctor with a real identity provider', () => {
  it.each([
    ['at the root', '', '/.well-known/oauth-authorization-server'],
    ['of a tenant', '/tenant-a', '/tenant-a/.well-known/openid-configuration'],
  ])('says that all fits when it does, with an issuer %s', async (_, path, place) => {
    const provider = await start({ path });
    const { status, said } = await diagnose(
      provider,
      ['--issuer', provider.issuer, '--audience', AUDIENCE],
      await provider.token(),
    );
    expect({ status, said }).toEqual({
      status: 0,
      said: [
        `fits   discovery  http://HOST${place} is of this issuer, to the letter.`,
        `fits   keys       http://HOST${path}/jwks has 1 usable key: ES256 "EC-1".`,
        'fits   token      The package accepts the token.',
        '',
        'It fits.',
        '',
      ].join('\n'),
    });
  });

  it.each(BROKEN)(
    'names %s as the cause, and says what to change',
    async (_, setup, issuer, cause, change) => {
      const provider = await start(setup);
      const timeout = cause?.includes('too slow') ? ['--timeout', '0.5s'] : [];
      const args = ['--issuer', issuer(provider), '--audience', AUDIENCE, ...timeout];
      const { status, said } = await diagnoseHere(provider, args);
      expect(status).toBe(1);
      expect(said).toContain(cause);
      expect(said).toContain(change);
      expect(said).toMatch(/\nIt does not fit: 1 thing is wrong\.\n$/);
      expect(said).not.toContain('hush');
    },
  );

  it.each([
    ['a slash', `${AUDIENCE}/`, ': it has no slash at the end'],
    ['the scheme', 'http://api.example.com', ': it begins with https: instead of http:'],
    ['everything', 'my-api', ''],
  ])('names the audience of a token that is for another one by %s', async (_, audience, difference) => {
    const provider = await start();
    const token = await provider.token();
    const { status, said } = await diagnoseHere(
      provider,
      ['--issuer', provider.issuer, '--audience', audience],
      token,
    );
    expect(status).toBe(1);
    expect(said).toContain(`The token is for "${AUDIENCE}", not for "${audience}"${difference}.`);
    expect(said).toContain(`Set "audience" to "${AUDIENCE}" if that is your API`);
    expect(said).not.toContain(token.split('.')[2]);
  });

  it('names the issuer of a token of another tenant, whose keys may be the same', async () => {
    const provider = await start({ path: '/tenant-a' });
    const args = ['--issuer', `${provider.origin}/tenant-b`, '--audience', AUDIENCE, '--json'];
    const { status, said } = await diagnoseHere(provider, args, await provider.token());
    expect({ status, ...JSON.parse(said) }).toMatchObject({
      status: 1,
      fits: false,
      findings: [
        { check: 'discovery', verdict: 'wrong' },
        {
          check: 'issuer',
          verdict: 'wrong',
          message:
            'The token is issued by "http://HOST/tenant-a", not by "http://HOST/tenant-b": its path is another one, as of another tenant or realm.',
        },
        { check: 'token', verdict: 'note' },
      ],
    });
  });
});

describe('The doctor with a real identity provider behind TLS', () => {
  const HOUR = 3_600_000;
  const startWith = async (from: number, to: number, setup: Setup = {}) => {
    const certificate = createCertificate(new Date(Date.now() + from), new Date(Date.now() + to));
    const trusted = join(project.folder, 'trusted.pem');
    await writeFile(trusted, certificate.cert);
    const provider = await start({ certificate, ...setup });
    const said = async (env: Record<string, string> = { NODE_EXTRA_CA_CERTS: trusted }) =>
      diagnose(provider, ['--issuer', provider.origin, '--audience', AUDIENCE], '', env);
    return said;
  };

  it.each([
    [
      'expired',
      -48 * HOUR,
      -24 * HOUR,
      'Its certificate has expired. (CERT_HAS_EXPIRED)',
      'Renew the certificate',
    ],
    [
      'of tomorrow',
      24 * HOUR,
      48 * HOUR,
      'Its certificate is not valid yet.',
      'Compare the clock of this machine',
    ],
  ])('names a certificate that is %s as the cause', async (_, from, to, cause, change) => {
    const { status, said } = await (await startWith(from, to))();
    expect(status).toBe(1);
    expect(said).toContain(cause);
    expect(said).toContain(change);
  });

  it('names a certificate that nobody trusts as the cause', async () => {
    const { status, said } = await (await startWith(-HOUR, HOUR))({});
    expect(status).toBe(1);
    expect(said).toContain('Its certificate is signed by itself. (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect(said).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('names a provider that takes itself for http: behind a proxy', async () => {
    const { status, said } = await (await startWith(-HOUR, HOUR, { scheme: 'http' }))();
    expect(status).toBe(1);
    expect(said).toContain('it begins with http: instead of https:');
    expect(said).toContain('let it trust X-Forwarded-Proto of the proxy before it');
  });
});

describe('The command', () => {
  it('shows a real token without its signature', async () => {
    const provider = await start();
    const token = await provider.token();
    const { status, stdout, stderr } = await cli(['inspect'], `Bearer ${token}\n`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toContain(`  iss        "${provider.issuer}"`);
    expect(stdout).toMatch(/ {2}exp {8}\d+ {2}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ, in (2 hours|\d+ minutes)\n/);
    expect(stdout).not.toContain(token.split('.')[2]);
    // Colours are for terminals.
    expect(stdout).not.toContain('\u001b');
  });

  it.each([
    ['0 when it did its work', 0, '--help'],
    ['1 when it is given no token', 1, 'inspect'],
    ['2 when an option is missing', 2, 'doctor'],
  ])('ends with %s', async (_, status, ...args) => {
    expect(await cli(args)).toMatchObject({ status });
  });
});
