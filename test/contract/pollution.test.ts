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

const used = await memberNames([
  ...['src', 'gate', 'http', 'mcp', 'revocation', 'functions', 'oauth', 'introspection', 'downstream'],
]);
const program = [await bundleScript('test/contract/pollution.fixture.ts'), JSON.stringify(used)];
// Two hundred observations take ten seconds, and longer on a busy machine.
const { status, stdout, stderr } = await runToEnd(process.execPath, program, { cwd: ROOT, timeout: 120_000 });
if (status !== 0) throw new Error(`The observation ended with ${status}: ${stderr}`);
const { usual, accepted, names, polluted }: Observation = JSON.parse(stdout);

it('Without pollution, requests are admitted and refused for every kind of reason', () => {
  const text = JSON.stringify(usual);
  for (const status of [400, 401, 403, 405, 503]) expect(text).toContain(`"status":${status}`);
  expect(new Set(text.match(/error_description\\":\\"[^\\]+/g)).size).toBeGreaterThan(15);
  expect(accepted).toBeGreaterThan(15);
});

it('Without pollution, opaque tokens are accepted and refused, and tokens are exchanged and refused, for every kind of reason', () => {
  const text = JSON.stringify(usual);
  const codes = ['INTROSPECTION_UNAVAILABLE', 'EXCHANGE_REFUSED', 'EXCHANGE_UNAVAILABLE', 'EXCHANGE_CONFIG'];
  for (const code of codes) expect(text).toContain(`"ERR_${code}"`);
  for (const reason of ['inactive', 'expired', 'audience']) expect(text).toContain(`"reason":"${reason}"`);
  for (const sent of ['for-orders', 'Basic ', 'client_secret', 'client_assertion', 'on_behalf_of'])
    expect(text).toContain(sent);
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
    'active',
    'access_token',
    'token_endpoint',
    'clientAuth',
  ];
  expect(names).toEqual(expect.arrayContaining(some));
});

it.each(polluted)('An Object.prototype with $with changes nothing', ({ problems }) => {
  expect(problems).toEqual([]);
});
