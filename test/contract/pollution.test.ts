// A polluted `Object.prototype` changes nothing: neither what is configured, nor what is signed, nor what is decided.
import { expect, it } from 'vitest';
import { ROOT, runToEnd } from '../support/built-project.js';
import { bundleScript } from '../support/bundle-script.js';
import { memberNames } from '../support/names-in-source.js';

interface Observation {
  readonly usual: unknown;
  readonly accepted: number;
  readonly names: readonly string[];
  readonly polluted: readonly { readonly with: string; readonly problems: readonly string[] }[];
}

const used = await memberNames(['src', 'gate', 'http', 'mcp', 'revocation', 'functions']);
const program = [await bundleScript('test/contract/pollution.fixture.ts'), JSON.stringify(used)];
const { status, stdout, stderr } = await runToEnd(process.execPath, program, { cwd: ROOT });
if (status !== 0) throw new Error(`The observation ended with ${status}: ${stderr}`);
const { usual, accepted, names, polluted }: Observation = JSON.parse(stdout);

it('Without pollution, requests are admitted and refused for every kind of reason', () => {
  const text = JSON.stringify(usual);
  for (const status of [400, 401, 403, 405, 503]) expect(text).toContain(`"status":${status}`);
  expect(new Set(text.match(/error_description\\":\\"[^\\]+/g)).size).toBeGreaterThan(15);
  expect(accepted).toBeGreaterThan(15);
});

it('The names come from the sources, with those of options, claims, keys and results', () => {
  expect(names.length).toBeGreaterThan(400);
  const some = [
    'requiredScopes',
    'exp',
    'cnf',
    'htm',
    'n',
    'e',
    'kid',
    'refusal',
    'authInfo',
    'payload',
    'revoke',
  ];
  expect(names).toEqual(expect.arrayContaining(some));
});

it.each(polluted)('An Object.prototype with $with changes nothing', ({ problems }) => {
  expect(problems).toEqual([]);
});
