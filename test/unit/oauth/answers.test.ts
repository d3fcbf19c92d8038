import fc from 'fast-check';
import { AuthError, createAuthClient } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { createIntrospection } from 'intentkit-auth/introspection';
import { expect, it } from 'vitest';
import { isBearerToken } from '../../../downstream/token.js';

/* Whatever a provider answers, the outcome is one of those that are documented, and nothing of the answer is repeated. */

/** It is no error code, because these are shown. */
const SECRET = 'hush, hush';
const TOKEN = 'opaque-token-of-the-caller';

const texts = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom(SECRET, TOKEN, '', 'Bearer', 'read', '600'),
);
const values = fc.oneof(
  texts,
  fc.jsonValue({ maxDepth: 2 }),
  fc.double(),
  fc.boolean(),
  fc.constant([SECRET]),
);
const names = fc.constantFrom(
  ...[
    'active',
    'iss',
    'aud',
    'sub',
    'exp',
    'nbf',
    'iat',
    'cnf',
    'client_id',
    'error',
    'error_description',
    'claims',
    '__proto__',
  ],
  ...['access_token', 'token_type', 'issued_token_type', 'expires_in', 'scope', 'toString', 'then'],
);
const good = fc.constantFrom(
  { active: true, sub: 'ada' },
  { access_token: 'new', token_type: 'Bearer', expires_in: 600, scope: 'read' },
  { error: 'invalid_grant' },
  { error: TOKEN },
);
/** A good document with other members, and text that is not JSON. */
const bodies = fc.oneof(
  fc
    .tuple(good, fc.array(fc.tuple(names, values), { maxLength: 4 }))
    .map(([document, more]) => JSON.stringify({ ...document, ...Object.fromEntries(more) })),
  fc.json(),
  texts,
);
const statuses = fc.oneof(fc.constantFrom(200, 200, 400, 401, 403), fc.integer({ min: 200, max: 599 }));
const headers = fc.dictionary(
  fc.constantFrom('retry-after', 'location', 'content-type', 'content-length'),
  fc.constantFrom('1', '-1', '1e9', 'x', 'https://elsewhere.example/', 'text/html'),
);
const answers = fc.record({ status: statuses, body: bodies, headers });

const without = [101, 204, 205, 304];
const serverOf = (answer: { status: number; body: string; headers: Record<string, string> }) => ({
  issuer: 'https://id.example',
  endpoint: 'https://id.example/endpoint',
  clientId: 'mcp-server',
  clientAuth: { secret: 'x' },
  fetch: (async () =>
    new Response(without.includes(answer.status) ? null : answer.body, answer)) as typeof fetch,
  onWarning: () => {},
});

it('Any answer of an introspection endpoint has an outcome', async () => {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(answers, fc.boolean(), async (answer, signed) => {
      const auth = createAuthClient({ introspection: createIntrospection({ ...serverOf(answer), signed }) });
      try {
        const result = await auth.verify(TOKEN);
        outcomes.add(result.valid ? 'valid' : result.reason);
        if (result.valid) expect(answer.status).toBe(200);
        expect(result).not.toHaveProperty('payload.active');
      } catch (error) {
        expect(error).toBeInstanceOf(AuthError);
        const { code, message, retryAfter } = error as AuthError;
        expect(retryAfter).toBeGreaterThan(0);
        for (const text of [SECRET, TOKEN]) expect(message).not.toContain(text);
        outcomes.add(code);
      }
    }),
    { numRuns: 500, seed: 23 },
  );
  expect(
    [...outcomes].every((one) => KNOWN.includes(one)),
    [...outcomes].join(),
  ).toBe(true);
  expect(outcomes).toContain('valid');
});
const KNOWN = [
  'valid',
  'inactive',
  'issuer',
  'audience',
  'expired',
  'not_yet_valid',
  'claim',
  'ERR_INTROSPECTION_UNAVAILABLE',
];

it('Any answer of a token endpoint has an outcome', async () => {
  const outcomes = new Set<string>();
  await fc.assert(
    fc.asyncProperty(answers, async (answer) => {
      const ask = createDownstream(serverOf(answer)).for({ audience: 'orders', scopes: ['read'] });
      try {
        const { token, expiresAt, scopes } = await ask(TOKEN);
        expect([answer.status, isBearerToken(token), token === TOKEN]).toEqual([200, true, false]);
        expect(Math.abs(expiresAt)).toBeLessThan(Number.MAX_VALUE);
        expect(scopes).toContain('read');
        outcomes.add('token');
      } catch (error) {
        expect(error).toBeInstanceOf(AuthError);
        const { code, message, oauthError, retryAfter } = error as AuthError;
        expect(message).not.toContain(TOKEN);
        expect(message).not.toContain(SECRET);
        if (oauthError !== undefined) expect(oauthError).toMatch(/^[\w.:/-]{1,64}$/);
        if (code === 'ERR_EXCHANGE_UNAVAILABLE') expect(retryAfter).toBeGreaterThan(0);
        outcomes.add(code);
      }
    }),
    { numRuns: 500, seed: 23 },
  );
  expect([...outcomes].sort()).toEqual(['ERR_EXCHANGE_REFUSED', 'ERR_EXCHANGE_UNAVAILABLE', 'token']);
});
