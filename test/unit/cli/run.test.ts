import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { HELP } from '../../../cli/help.js';
import { run } from '../../../cli/run.js';
import { fakeIo } from '../../support/fake-io.js';

const TOKEN = 'eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl';

async function outcome(args: readonly string[], stdin?: string) {
  const world = fakeIo(stdin);
  return { status: await run(args, world.io), stdout: world.stdout(), stderr: world.stderr() };
}

describe('The command line', () => {
  it.each([['--help'], ['-h'], ['inspect', '--help'], ['doctor', '--help']])(
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
    [['inspekt', '--json'], 'Give a command: inspect or doctor. Did you mean inspect?'],
    [['inspect', '--nope'], '--nope is not an option.'],
    [['doctor', '--jwks-uri', 'a'], '--jwks-uri is not an option. Did you mean --jwks-url?'],
    [['doctor', '--isuer=a'], '--isuer is not an option. Did you mean --issuer?'],
    [['inspect', '--Json'], '--Json is not an option. Did you mean --json?'],
    [['inspect', '--\u001b[2J'], '--\\u001b[2J is not an option.'],
    [['inspect', '--toString'], '--toString is not an option.'],
    [['inspect', '-hx'], '-x is not an option.'],
    [['inspect', '--json=yes'], '--json takes no value.'],
    [['doctor', '--issuer'], '--issuer needs a value.'],
    [['doctor', '--issuer', '--json'], '--issuer needs a value.'],
    [['inspect', '--issuer', 'a'], '--issuer is not an option of inspect.'],
    [
      ['inspect', TOKEN],
      'Give the token on stdin: on the command line, other users can see it and the shell saves it.',
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
    const stderr = `${sentence}\nSee npx intentkit-auth --help.\n`;
    expect(await outcome(args)).toEqual({ status: 2, stdout: '', stderr });
  });

  it('reports an unexpected error by its name only', async () => {
    const world = fakeIo();
    const io = { ...world.io, readStdin: () => Promise.reject(new RangeError(TOKEN)) };
    expect(await run(['inspect'], io)).toBe(1);
    expect(world.stderr()).toBe('The command failed unexpectedly (RangeError).\n');
  });
});
