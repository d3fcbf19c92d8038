import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { HELP } from '../../cli/help.js';
import { run } from '../../cli/run.js';
import { type BuiltProject, createBuiltProject, runToEnd } from '../support/built-project.js';
import { fakeIo, unwrapped } from '../support/fake-io.js';
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
  return { status, said: unwrapped(stdout).replaceAll(new URL(origin).host, 'HOST') };
}

async function start(options: IdentityProviderOptions = {}): Promise<IdentityProvider> {
  const provider = await startIdentityProvider(options);
  onTestFinished(() => provider.stop());
  return provider;
}

describe('The doctor with a real identity provider', () => {
  it.each([
    ['at the root', '', '/.well-known/oauth-authorization-server'],
    ['of a tenant', '/tenant-a', '/tenant-a/.well-known/openid-configuration'],
  ])('finds nothing wrong with a correct configuration and an issuer %s', async (_, path, place) => {
    const provider = await start({ path });
    const { status, said } = await diagnose(
      provider,
      ['--issuer', provider.issuer, '--audience', AUDIENCE],
      await provider.token(),
    );
    expect({ status, said }).toEqual({
      status: 0,
      said: [
        `fits   discovery  http://HOST${place} names exactly this issuer.`,
        `fits   keys       http://HOST${path}/jwks has 1 usable key: ES256 "EC-1".`,
        'fits   token      The package accepts the token.',
        'note   token      The token has the scopes: "read".',
        '                  → A gate may require others: compare them with those that your gate and its routes require.',
        '',
        'Nothing is wrong. The configuration:',
        '',
        "import { createAuthClient } from 'intentkit-auth';",
        '',
        'export const auth = createAuthClient({',
        '  issuers: [',
        '    {',
        `      issuer: 'http://HOST${path}',`,
        `      audience: '${AUDIENCE}',`,
        '    },',
        '  ],',
        '});',
        '',
      ].join('\n'),
    });
  });

  it('closes its connection to an MCP server whose answer never ends', async () => {
    const provider = await start();
    const { origin, server } = provider;
    const { handler } = server;
    let closed: Promise<unknown> = Promise.reject(new Error('The MCP server was not called.'));
    closed.catch(() => {});
    server.handler = (request, response) => {
      if (request.url !== '/mcp') return handler?.(request, response);
      closed = once(response, 'close');
      response.writeHead(200, { 'content-type': 'text/event-stream' }).write(':\n\n');
    };
    const world = fakeIo();
    expect(await run(['doctor', '--issuer', origin, '--mcp', `${origin}/mcp`], world.io)).toBe(1);
    expect(unwrapped(world.stdout())).toContain(
      `${origin}/mcp answers 200 to a request without a token, not 401.`,
    );
    await closed;
  });
});

describe('The doctor with a real identity provider behind TLS', () => {
  const HOUR = 3_600_000;
  const startWith = async (from: number, to: number, setup: IdentityProviderOptions = {}) => {
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
      'The certificate has expired (CERT_HAS_EXPIRED).',
      'Renew the certificate',
    ],
    [
      'of tomorrow',
      24 * HOUR,
      48 * HOUR,
      'The certificate is not valid yet',
      'Compare the clock of this machine',
    ],
  ])('names a certificate that is %s as the cause', async (_, from, to, cause, change) => {
    const { status, said } = await (await startWith(from, to))();
    expect(status).toBe(1);
    expect(said).toContain(cause);
    expect(said).toContain(change);
  });

  it('names a certificate that is not trusted as the cause', async () => {
    const { status, said } = await (await startWith(-HOUR, HOUR))({});
    expect(status).toBe(1);
    expect(said).toContain('The certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT).');
    expect(said).toContain('NODE_EXTRA_CA_CERTS');
  });

  it('says that a provider behind a proxy believes that its URL begins with http:', async () => {
    const { status, said } = await (await startWith(-HOUR, HOUR, { scheme: 'http' }))();
    expect(status).toBe(1);
    expect(said).toContain('it begins with http: instead of https:');
    expect(said).toContain('make it trust X-Forwarded-Proto from its proxy');
  });
});

describe('The command', () => {
  it('prints a real token without its signature', async () => {
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
    ['0 after its work', 0, '--help'],
    ['1 without a token', 1, 'inspect'],
    ['2 without a required option', 2, 'doctor'],
  ])('exits with %s', async (_, status, ...args) => {
    expect(await cli(args)).toMatchObject({ status });
  });

  it.each([
    ['3 when it cannot write its output', 3, '--help 1< package.json'],
    ['2 for wrong usage, also when it cannot write its message', 2, 'nope 2< package.json'],
    ['0 when the reader of its output has gone', 0, '--help | exit'],
  ])('exits with %s', async (_, status, words) => {
    const script = `set -o pipefail; "${process.execPath}" ${MAIN} ${words}`;
    const { status: found, stderr } = await runToEnd('bash', ['-c', script], { cwd: project.folder });
    expect({ status: found, stderr }).toEqual({ status, stderr: '' });
  });

  it('prints the version of the package that it is installed with', async () => {
    const { version } = JSON.parse(
      await readFile(join(project.folder, 'node_modules/intentkit-auth/package.json'), 'utf8'),
    );
    expect(await cli(['--version'])).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  it.each([
    ['without a token', '', 'Waiting up to 10 s for a token on stdin.', 'No token was given on stdin'],
    ['after a token', 'gho_16C7e42F292c69', '', 'The token is opaque'],
  ])('ends even if stdin stays open %s', async (_, sent, notice, said) => {
    const provider = await start();
    const args = [MAIN, 'doctor', '--issuer', provider.issuer];
    const child = spawn(process.execPath, args, { cwd: project.folder, env: { PATH: process.env.PATH } });
    onTestFinished(() => void child.kill('SIGKILL'));
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    child.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    child.stdin.write(sent);
    await once(child, 'close');
    expect(stdout).toContain(said);
    if (notice === '') expect(stderr).toBe('');
    else expect(stderr).toContain(notice);
  });

  it('exits after printing, even if a connection attempt is still open', async () => {
    // In place of the connection: a timer that keeps the process alive for longer than the test waits.
    const NODE_OPTIONS = '--import "data:text/javascript,setTimeout(() => {}, 1e9)"';
    const { status, stdout } = await cli(['--help'], '', { NODE_OPTIONS });
    expect({ status, stdout }).toEqual({ status: 0, stdout: HELP });
  });
});
