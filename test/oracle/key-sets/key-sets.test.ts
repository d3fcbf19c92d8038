// Key sets as they are published, against tokens that node:crypto signs, on both engines.
import { type AuthError, createAuthClient, type JwksStatus } from 'intentkit-auth';
import { describe, expect, it } from 'vitest';
import { clientFrom } from '../../../src/client/client.js';
import { parseConfig } from '../../../src/config/parse.js';
import { mint } from '../../support/mint.js';
import { outcome } from '../../support/outcome.js';
import { flipBit } from '../../support/tamper.js';
import { ENGINES } from '../../support/two-engines.js';
import { SETS, type SignedBy, USELESS } from './sets.js';

const tokenOf = ({ alg, kid, by }: SignedBy): string =>
  mint({
    header: { alg, ...(kid !== undefined && { kid }) },
    payload: { sub: 'user-1' },
    key: by.privateKey,
  });

/** A client of a set that comes as JSON. Without an engine, it is the one that users have. */
function clientOf(set: object, engine?: (typeof ENGINES)['node']) {
  const warnings: string[] = [];
  const config = {
    jwksUrl: 'https://idp.example/jwks',
    jwks: { fetch: async () => new Response(JSON.stringify(set)) },
    onWarning: (message: string, code: string) => void warnings.push(`${code} ${message}`),
  };
  const client = engine ? clientFrom(parseConfig(config), engine) : createAuthClient(config);
  const status = (): JwksStatus | undefined => client.status().jwks;
  return { client, status, warnings };
}

describe.each(Object.entries(ENGINES))('A key set by %s', (_, engine) => {
  it.each(SETS.map((row) => [row.shape, row] as const))('in the shape of %s', async (_, row) => {
    const { client, status } = clientOf(row.set, engine);
    const { verifies, refuses = [], ignored = {} } = row;

    for (const signed of verifies) {
      const token = tokenOf(signed);
      const found = [await outcome(client, token), await outcome(client, flipBit(token))];
      expect([signed.kid, ...found]).toEqual([signed.kid, 'valid', 'signature']);
    }
    for (const signed of refuses) {
      // Of another client, because the look-ups of one are limited.
      const found = await outcome(clientOf(row.set, engine).client, tokenOf(signed));
      expect([signed.kid, found]).toEqual([signed.kid, 'key']);
    }
    const members = Object(row.set).keys.length;
    const left = Object.values(ignored).reduce((sum, count) => sum + count, 0);
    expect(status()).toMatchObject({ keyCount: members - left, ignoredKeys: ignored });
    expect(status()?.ignoredKeys).toEqual(ignored);
  });
});

it.each(USELESS)(
  'The error, the warning and the status count the ignored keys of an unusable set: %s',
  async (_, set, problem, ignored) => {
    const { client, status, warnings } = clientOf(set);
    const error: AuthError = await client.verify(tokenOf(SETS[0]?.verifies[0] as SignedBy)).then(
      () => expect.unreachable('there is a verdict'),
      (error) => error,
    );

    expect(error.code).toBe('ERR_JWKS_UNAVAILABLE');
    expect(error.message).toContain(`(${problem})`);
    expect(status()).toMatchObject({ state: 'none', keyCount: 0, lastError: problem });
    expect(status()?.ignoredKeys).toEqual(ignored);
    expect(warnings).toEqual([
      `JWKS_FAILING The JWKS endpoint https://idp.example/jwks is failing: ${problem}; its tokens cannot be verified until it answers.`,
    ]);
  },
);
