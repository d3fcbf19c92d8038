import { readFile } from 'node:fs/promises';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, vi } from 'vitest';
import { HELP } from '../../../cli/help.js';
import { run } from '../../../cli/run.js';
import { fakeIo } from '../../support/fake-io.js';
import { segment } from '../../support/mint.js';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';

async function outcome(args: readonly string[], stdin?: string) {
  const world = fakeIo(stdin);
  return { status: await run(args, world.io), stdout: world.stdout(), stderr: world.stderr() };
}

/** The lines that do not fit a terminal of 80 columns. */
const tooWide = (text: string): string[] => text.split('\n').filter((line) => [...line].length > 80);

describe('The command line', () => {
  it.each([['--help'], ['-h'], ['-hv'], ['inspect', '--help'], ['doctor', '--help']])(
    'prints its help for %s %s',
    async (...args) => {
      expect(await outcome(args.filter(Boolean))).toEqual({ status: 0, stdout: HELP, stderr: '' });
    },
  );

  it.each([['--version'], ['-v'], ['doctor', '--version']])(
    'prints its version for %s %s',
    async (...args) => {
      const { version } = JSON.parse(
        await readFile(new URL('../../../package.json', import.meta.url), 'utf8'),
      );
      expect(version).toMatch(/^\d+\.\d+\.\d+/);
      expect(await outcome(args)).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
    },
  );

  it('has a help that fits a terminal of 80 × 24', () => {
    const lines = HELP.split('\n');
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.filter((line) => line.length > 79)).toEqual([]);
  });

  const DOCTOR = ['doctor', '--issuer', 'https://id.example.com'];
  it.each([
    [[], 'Give a command: inspect or doctor.'],
    [['toString'], 'Give a command: inspect or doctor.'],
    [['docter'], 'Give a command: inspect or doctor. Did you mean doctor?'],
    [['Doctor', '--issuer', 'a'], 'Give a command: inspect or doctor. Did you mean doctor?'],
    [['help'], 'Give a command: inspect or doctor. Did you mean --help?'],
    [['verson'], 'Give a command: inspect or doctor. Did you mean --version?'],
    [['inspekt', '--json'], 'Give a command: inspect or doctor. Did you mean inspect?'],
    [['inspect', '--nope'], '--nope is not an option.'],
    [['doctor', '--jwks-uri', 'a'], '--jwks-uri is not an option. Did you mean --jwks-url?'],
    [['doctor', '--isuer=a'], '--isuer is not an option. Did you mean --issuer?'],
    [['doctor', '-issuer', 'a'], '-issuer is not an option. Did you mean --issuer?'],
    [['doctor', '-issuer=hush'], '-issuer is not an option. Did you mean --issuer?'],
    [['-help'], '-help is not an option. Did you mean --help?'],
    [['doctor', '—issuer', 'hush'], 'Write options with two hyphens. Did you mean --issuer?'],
    [['inspect', '—hush'], 'Write options with two hyphens.'],
    // What inspect would refuse in turn is not proposed.
    [['inspect', '--isuer', 'a'], '--isuer is not an option.'],
    [['inspect', '--vesion'], '--vesion is not an option. Did you mean --version?'],
    [['inspect', '--Json'], '--Json is not an option. Did you mean --json?'],
    [['inspect', '--\u001b[2J'], '--\\u001b[2J is not an option.'],
    [['inspect', '--toString'], '--toString is not an option.'],
    [['inspect', '-x'], '-x is not an option.'],
    [['inspect', '-hx'], '-x is not an option.'],
    [['inspect', `-t${TOKEN}`], '-t is not an option.'],
    [['inspect', '--json=yes'], '--json takes no value.'],
    [['doctor', '--issuer'], '--issuer needs a value.'],
    [['doctor', '--issuer', '--json'], '--issuer needs a value.'],
    [['inspect', '--issuer', 'a'], '--issuer is not an option of inspect.'],
    [
      ['inspect', TOKEN],
      'Give the token on stdin: on the command line, other users can see it and the shell saves it.',
    ],
    [
      ['doctor', 'https://u:hush@a.example'],
      'Give a URL with its option, such as --issuer https://id.example.com.',
    ],
    [['inspect'], 'Give the token on stdin: echo "$TOKEN" | npx intentkit-auth inspect'],
    [['doctor'], 'Give --issuer, such as https://id.example.com/tenant.'],
    [['doctor', '--issuer', ''], 'Give --issuer, such as https://id.example.com/tenant.'],
    [['doctor', '--issuer', 'https://'], '--issuer must be an https: URL, or an http: URL on this machine.'],
    [['doctor', '--issuer', 'https://u:hush@a.example'], '--issuer must not hold credentials.'],
    [['doctor', '--issuer', 'https://a.example/?b'], '--issuer must have neither a query nor a fragment.'],
    [[...DOCTOR, '--jwks-url', 'hush'], '--jwks-url must be an https: URL, or an http: URL on this machine.'],
    [[...DOCTOR, '--mcp', 'https://hush@a.example'], '--mcp must not hold credentials.'],
    ...['-5s', '5', '0s', '301s', '30d', '100y'].map((timeout): [string[], string] => [
      [...DOCTOR, `--timeout=${timeout}`],
      '--timeout must be a duration of at most 5 minutes, such as 5s.',
    ]),
    [[...DOCTOR, '--audience', ''], '--audience must not be empty.'],
  ])('given %j says what to give instead, and repeats nothing secret', async (args, sentence) => {
    const { status, stdout, stderr } = await outcome(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr.replace(/\n(?=.)/g, ' ')).toBe(`${sentence} See npx intentkit-auth --help.\n`);
    expect(tooWide(stderr)).toEqual([]);
  });

  it('reports an unexpected error by its name only', async () => {
    const world = fakeIo();
    const io = { ...world.io, readStdin: () => Promise.reject(new RangeError(TOKEN)) };
    expect(await run(['inspect'], io)).toBe(3);
    expect(world.stderr()).toBe('The command failed unexpectedly (RangeError).\n');
  });

  const NOW = Math.floor(Date.now() / 1000);
  const tokenOf = (header: object, claims: object): string => `${segment(header)}.${segment(claims)}.c2ln`;
  const WORDS = Array(80).fill('scope:name').join(' ');
  it.each<[string, string, ...args: string[]]>([
    ['inspect', tokenOf({ alg: 'HS256', kid: 'k' }, { cnf: {}, exp: NOW + 9e6, iat: NOW, scope: WORDS })],
    [
      'inspect',
      tokenOf({ alg: 'RS256' }, { roles: Array(90).fill('reader'), [`a${'b'.repeat(60)}`]: WORDS }),
    ],
    ['inspect', 'opaque'],
    ['doctor', tokenOf({ alg: 'ES256', nonce: 'a' }, { iss: 'https://b.example', aud: 'other', exp: 1 })],
    ['doctor', 'opaque', '--audience', WORDS],
    ['doctor', '', '--audience', 'https://api.example.com/of-a-tenant/with-a-long-name'],
    ['doctor', '', '--jwks-url', 'https://other.example/keys', '--mcp', 'https://api.example.com/mcp'],
  ])('%s prints lines of at most 80 columns (%#)', async (command, stdin, ...args) => {
    const issuer = await createTestIssuer({ url: 'https://id.example.com' });
    vi.stubGlobal('fetch', issuer.fetch);
    const given = command === 'doctor' ? ['--issuer', issuer.url, ...args] : [];
    const { stdout, stderr } = await outcome([command, ...given], stdin);
    expect(`${stdout}${stderr}`.split('\n').length).toBeGreaterThan(2);
    expect(tooWide(stdout + stderr)).toEqual([]);
  });

  it('keeps a URL whole that is longer than a line, so that it can be copied', async () => {
    const issuer = `https://id.example.com/${'tenant-'.repeat(15)}a`;
    const { stdout } = await outcome(['inspect'], tokenOf({ alg: 'ES256' }, { iss: issuer }));
    expect(stdout).toContain(`"${issuer}"\n`);
  });
});
