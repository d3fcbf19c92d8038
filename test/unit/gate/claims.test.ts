// The option `claims`. What schemas of several libraries answer is tested in `test/unit/shared/standard-schema.test.ts`.

import { createAuthClient } from 'intentkit-auth';
import { type AuthInfo, protectApi, type StandardSchemaV1 } from 'intentkit-auth/http';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createDpopKey } from '../../support/dpop.js';
import {
  admitted,
  createGate,
  ISSUER,
  outcomeOf,
  RESOURCE,
  requestWith,
  SECRET,
  tokenWith,
} from '../../support/gate.js';
import { mark, searchFor } from '../../support/leaks.js';
import { base64url, mint } from '../../support/mint.js';
import { titled } from '../../support/titled.js';

const bearer = (claims: object): Request =>
  requestWith({ authorization: `Bearer ${tokenWith({ ...claims })}` });
const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, audience: RESOURCE });
const protect = <Claims>(claims: StandardSchemaV1<unknown, Claims>) =>
  protectApi(auth, { resource: RESOURCE, claims });
/** A schema that is not made by a library. */
const schemaOf = (validate: (claims: never) => unknown) =>
  ({ '~standard': { version: 1, vendor: 'test', validate } }) as StandardSchemaV1;

describe('The schema of the option "claims"', () => {
  const roles = z.object({ roles: z.array(z.string()), plan: z.string().default('free') });

  it('makes the claims of the caller, and leaves the token as it is', async () => {
    const authInfo: AuthInfo<{ roles: string[]; plan: string }> = admitted(
      await protect(roles).authenticate(bearer({ roles: ['editor'] })),
    );
    expect(authInfo.claims).toEqual({ roles: ['editor'], plan: 'free' });
    expect(authInfo.extra).toMatchObject({ aud: RESOURCE, roles: ['editor'] });
    expect(authInfo.extra).not.toHaveProperty('plan');
  });

  const MARK = mark('the-value');
  const leaked = searchFor({ value: MARK });
  it.each(
    titled([
      { what: 'lacks a claim', claims: {}, says: 'The claim roles of the token is missing or wrong.' },
      {
        what: 'has a wrong claim',
        claims: { roles: MARK },
        says: 'The claim roles of the token is missing or wrong.',
      },
      {
        what: 'is wrong deep inside',
        claims: { roles: ['a', { [MARK]: MARK }] },
        says: 'The claim roles.1 of the token is missing or wrong.',
      },
    ]),
  )('refuses a token that %s, and names the path but not the value', async (_, { claims, says }) => {
    const outcome = await outcomeOf(await protect(roles).authenticate(bearer(claims)));
    expect(outcome).toMatchObject({ status: 401, body: { error: 'invalid_token', error_description: says } });
    expect(outcome.challenge).toContain(`error="invalid_token", error_description="${says}"`);
    expect(leaked([outcome])).toEqual([]);
  });

  it('refuses a token whose claims are nested too deeply to be copied', async () => {
    const lists = `${'['.repeat(22_000)}${']'.repeat(22_000)}`;
    // By hand, because JSON.stringify could not write it.
    const text = JSON.stringify({ iss: ISSUER, aud: RESOURCE, scope: 'mcp', exp: 9e9, deep: 0 });
    const payload = base64url(text.replace('"deep":0', `"deep":${lists}`));
    const token = mint({ header: { alg: 'HS256' }, payload, key: SECRET });
    const schema = z.object({ deep: z.any() });
    const request = requestWith({ authorization: `Bearer ${token}` });
    const outcome = await outcomeOf(await protect(schema).authenticate(request));
    expect(outcome).toMatchObject({ status: 401, body: { error: 'invalid_token' } });
  });

  it.each(
    titled([
      { what: 'quotes', name: 'a"b\\', shown: '...' },
      { what: 'a line break', name: 'a\r\nset-cookie: x', shown: '...' },
      { what: 'what a header cannot hold', name: 'ключ', shown: '...' },
      { what: 'a URL', name: 'https://example.com/roles', shown: 'https://example.com/roles' },
    ]),
  )('leads to a challenge that can be sent, where the name of a claim has %s', async (_, { name, shown }) => {
    const anything = z.object({ map: z.record(z.string(), z.number()) });
    const outcome = await outcomeOf(await protect(anything).authenticate(bearer({ map: { [name]: 'x' } })));
    expect(outcome.challenge).toContain(`"The claim map.${shown} of the token is missing or wrong."`);
  });

  it('that names no claim is told of without one', async () => {
    const never = schemaOf(() => ({ issues: [{ message: 'no' }] }));
    expect((await outcomeOf(await protect(never).authenticate(bearer({})))).body).toMatchObject({
      error_description: 'The claims of the token are not those that are required.',
    });
  });

  it('cannot change what the gate checks', async () => {
    const key = createDpopKey();
    const eraser = schemaOf((claims: Record<string, unknown>) => {
      for (const name of Object.keys(claims)) delete claims[name];
      return { value: claims };
    });
    const bound = await protect(eraser).authenticate(bearer({ cnf: { jkt: key.thumbprint } }));
    expect(await outcomeOf(bound)).toMatchObject({ status: 401 });
    const authInfo = admitted(await protect(eraser).authenticate(bearer({ sub: 'user-1' })));
    expect([authInfo.claims, authInfo.extra.sub]).toEqual([{}, 'user-1']);
  });

  it('is asked only about tokens that are valid for this resource', async () => {
    let asked = 0;
    const counting = protect(
      schemaOf((value) => {
        asked += 1;
        return { value };
      }),
    );
    const bad = [{ aud: 'https://other.example.com' }, { exp: 1 }, { exp: undefined }, { iss: 'x' }];
    for (const claims of bad)
      expect(await counting.authenticate(bearer(claims))).toHaveProperty('status', 401);
    expect(asked).toBe(0);
  });

  it.each(
    titled([
      {
        what: 'throws',
        validate: () => {
          throw new Error('broken');
        },
      },
      { what: 'rejects', validate: () => Promise.reject(new Error('broken')) },
      { what: 'answers with nothing', validate: () => undefined },
    ]),
  )('that %s admits nobody: the answer is 503', async (_, { validate }) => {
    const gate = createGate({ claims: schemaOf(validate) as never }, { onWarning: () => {} });
    const outcome = await outcomeOf(await gate.authenticate(bearer({})));
    expect(outcome).toMatchObject({ status: 503, challenge: null });
  });

  it.each([[{}], [() => true], ['roles'], [{ '~standard': { version: 2, validate: () => {} } }]])(
    'is refused when the gate is made, if it is %j',
    (claims) => {
      expect(() => createGate({ claims: claims as never })).toThrow(
        expect.objectContaining({
          code: 'ERR_AUTH_CONFIG',
          message: expect.stringMatching(/^"claims" must be a schema/),
        }),
      );
    },
  );
});
