// What a server holds to ask an issuer must not come out again: its secret or key, the tokens of callers, those obtained for them,
// and the claims of answers. See also leaks.test.ts.
import { createAuthClient } from 'intentkit-auth';
import { createDownstream, type DownstreamOptions } from 'intentkit-auth/downstream';
import { protectApi } from 'intentkit-auth/http';
import { createIntrospection, type IntrospectionOptions } from 'intentkit-auth/introspection';
import { afterAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { DOWNSTREAM_OPTIONS, TARGET_OPTIONS } from '../../downstream/options.js';
import { INTROSPECTION_OPTIONS } from '../../introspection/options.js';
import * as faults from '../support/faulty-jwks-server.js';
import { startJwksServer } from '../support/jwks-server.js';
import { mark, searchFor } from '../support/leaks.js';
import * as marked from '../support/marked.js';
import { memoryStore } from '../support/stores.js';

// Long searches, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const { ALL, CLAIM, CREDENTIAL, ended, SECRET } = marked;
const CALLER = mark('the-caller');
const OBTAINED = mark('the-obtained');
const leaked = searchFor({ ...marked.MARKS, caller: CALLER, obtained: OBTAINED });
const RESOURCE = 'https://api.example.com/';

const server = await startJwksServer();
afterAll(() => server.close());
/** Closes the connection: the search takes longer than one stays open. */
const answering = (document: object, status = 200): faults.Fault =>
  faults.answer(status, { connection: 'close' }, JSON.stringify(document));

/** Everything that can be observed of both entries: what they are, return, throw, warn of and answer over HTTP. */
interface Observed {
  readonly introspection: unknown[];
  readonly downstream: unknown[];
  readonly others: unknown[];
  readonly stored: unknown[];
}
async function observe(
  introspected: Partial<IntrospectionOptions> = {},
  exchanged: Partial<DownstreamOptions> = introspected,
): Promise<Observed> {
  const warnings: unknown[] = [];
  const verdicts: unknown[] = [];
  const common = {
    issuer: 'https://id.example.com',
    endpoint: `${server.url}?api_key=${CREDENTIAL}`,
    clientId: 'mcp-server',
    onWarning: (...warning: unknown[]) => void warnings.push(warning),
  };
  const introspection = createIntrospection({
    ...common,
    clientAuth: { secret: SECRET },
    cacheMaxAge: '1m',
    ...introspected,
  });
  const auth = createAuthClient({
    introspection,
    audience: RESOURCE,
    onVerdict: (verdict) => void verdicts.push(verdict),
    onWarning: (...warning) => void warnings.push(warning),
  });
  const gate = protectApi(auth, { resource: RESOURCE, authorizationServers: ['https://id.example.com'] });
  const request = new Request(RESOURCE, { headers: { authorization: `Bearer ${CALLER}` } });
  const cache = memoryStore();
  const downstream = createDownstream({
    ...common,
    clientAuth: { privateKey: marked.privateKey },
    cache,
    ...exchanged,
  });
  const orders = downstream.for({ resource: 'https://orders.example/', scopes: ['read'] });
  const answers = [
    await ended(() => auth.verify(CALLER)),
    await ended(() => introspection.introspect(CALLER)),
  ];
  const tokens = [await ended(() => orders(CALLER)), await ended(() => orders.fetch(CALLER, '//a.example/'))];
  const response = await gate.authenticate(request);
  const http = response instanceof Response ? [[...response.headers], await response.text()] : [];
  const others = [introspection, introspection.status(), auth, auth.status(), gate, downstream, orders];
  return {
    introspection: answers,
    downstream: tokens,
    others: [...others, warnings, verdicts, http],
    stored: [...cache.map],
  };
}

it('introspection and downstream show neither their options nor the tokens that they handle', async () => {
  const active = { active: true, name: CLAIM, aud: RESOURCE, exp: Math.floor(Date.now() / 1000) + 600 };
  const exchanged = { access_token: OBTAINED, token_type: 'Bearer', expires_in: 600, claim: CLAIM };
  server.handler = answering({ ...active, ...exchanged });
  onTestFinished(() => {
    server.handler = undefined;
  });
  const { introspection, downstream, others, stored } = await observe();
  expect(introspection[0]).toMatchObject({ valid: true, payload: { name: CLAIM } });
  expect(downstream[0]).toMatchObject({ token: OBTAINED });
  expect(leaked([others, stored, downstream[1]])).toEqual([]);
  expect(stored).toHaveLength(1);
  // Each hands out what it is for, and nothing else.
  expect(leaked([introspection], { allowed: ['claim'] })).toEqual(['obtained']);
  expect(leaked([downstream[0]], { allowed: ['obtained'] })).toEqual([]);
});

it.each(marked.OUTAGES)(
  'an endpoint that fails with %s shows nothing',
  async (_, { handler, ...options }) => {
    server.handler = handler;
    const { introspection, downstream, others } = await observe({ timeout: '1s', ...options });
    for (const error of introspection) expect(error).toMatchObject({ code: 'ERR_INTROSPECTION_UNAVAILABLE' });
    expect(downstream[0]).toMatchObject({ code: 'ERR_EXCHANGE_UNAVAILABLE' });
    expect(JSON.stringify(others)).toMatch(/INTROSPECTION_(FAILING|MISCONFIGURED)/);
    expect(leaked([introspection, downstream, others])).toEqual([]);
  },
);

// biome-ignore format: a table
const REFUSALS: ReadonlyArray<readonly [what: string, status: number, document: object]> = [
  ['a description', 400, { error: 'invalid_grant', error_description: ALL, error_uri: `https://host.example/${CREDENTIAL}` }],
  ['a code that is a sentence', 400, { error: `invalid ${CREDENTIAL}` }], ['a code that is a list', 400, { error: [ALL] }],
  ['a code that is too long', 400, { error: `${CALLER}.${CLAIM}` }],
  ['a refused client', 401, { error: 'invalid_client', error_description: ALL }],
  ['a name of a claim', 200, { [CLAIM]: ALL }], ['an "active" that is text', 200, { active: ALL, access_token: [OBTAINED] }],
  ['a type of token', 200, { access_token: OBTAINED, token_type: CLAIM, active: CLAIM }],
  ['a scope', 200, { access_token: OBTAINED, token_type: 'Bearer', scope: CLAIM }],
  ['a lifetime', 200, { access_token: OBTAINED, token_type: 'N_A', expires_in: CLAIM }],
  ['a token with a line break', 200, { access_token: `${OBTAINED}\r\n`, token_type: 'Bearer' }],
  ["the caller's own token", 200, { access_token: CALLER, token_type: 'Bearer' }],
];
it.each(REFUSALS)('an answer with %s shows nothing of it', async (_, status, document) => {
  server.handler = answering(document, status);
  const { introspection, downstream, others, stored } = await observe();
  for (const error of [...introspection, downstream[0]]) expect(error).toBeInstanceOf(Error);
  expect(leaked([introspection, downstream, others, stored])).toEqual([]);
});

it('a signed answer that is not valid shows nothing', async () => {
  const segments = [{ alg: 'ES256' }, { sub: CLAIM, token: CALLER }].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  );
  server.handler = faults.body([...segments, 'AAAA'].join('.'), 'application/jwt');
  const fetchKeys: typeof fetch = async () => new Response(ALL, { status: 500 });
  const { introspection, others } = await observe({ signed: true }, {});
  expect(introspection[0]).toMatchObject({ code: 'ERR_INTROSPECTION_UNAVAILABLE' });
  const byFetch = await observe({ signed: true, fetch: fetchKeys }, {});
  expect(leaked([introspection, others, byFetch.introspection, byFetch.others])).toEqual([]);
});

// biome-ignore format: a table
const KEYS = [
  ['a signer that throws', { publicKey: marked.privateKey, sign: () => { throw new Error(ALL); } }],
  ['a signer that answers with something else', { publicKey: marked.privateKey, sign: () => ALL as never }],
  ['a signer that signs wrongly', { publicKey: marked.privateKey, sign: () => new TextEncoder().encode(ALL) }],
] as const;
it.each(KEYS)('%s shows nothing', async (_, { publicKey: { kty, n, e }, sign }) => {
  const clientAuth = { publicKey: { kty: String(kty), n: String(n), e: String(e) }, sign };
  const { introspection, downstream, others } = await observe({ clientAuth });
  expect(introspection[0]).toMatchObject({ code: 'ERR_INTROSPECTION_UNAVAILABLE' });
  expect(downstream[0]).toMatchObject({ code: 'ERR_EXCHANGE_UNAVAILABLE' });
  expect(leaked([introspection, downstream, others])).toEqual([]);
});

describe('Options that are refused show no value:', () => {
  const good = { issuer: 'https://id.example.com', clientId: 'a', clientAuth: { secret: 'a secret' } };
  const makers = {
    createIntrospection: [INTROSPECTION_OPTIONS, (more: object) => createIntrospection({ ...good, ...more })],
    createDownstream: [DOWNSTREAM_OPTIONS, (more: object) => createDownstream({ ...good, ...more })],
    for: [TARGET_OPTIONS, (more: object) => createDownstream(good).for({ audience: 'a', ...more })],
  } as const;
  const inside = [
    'secret',
    'in',
    'privateKey',
    'publicKey',
    'sign',
    'keyId',
    'audience',
    'timeout',
    'unknown',
  ];
  const places = Object.entries(makers).flatMap(([name, [options, make]]) => [
    ...[...Object.keys(options), 'unknown'].map((option) => {
      return [name, option, (value: unknown) => make({ [option]: value })] as const;
    }),
    ...(name === 'for' ? [] : inside).map((option) => {
      return [
        name,
        `clientAuth.${option}`,
        (value: unknown) => make({ clientAuth: { [option]: value } }),
      ] as const;
    }),
  ]);
  it.each(places)('of %s, in %s', async (_, option, make) => {
    const made = [];
    for (const value of marked.WRONG) made.push(await ended(() => make(value)));
    const refusals = made.filter((one) => one instanceof Error);
    for (const error of refusals) expect(error).toMatchObject({ code: 'ERR_AUTH_CONFIG' });
    expect(refusals.length).toBeGreaterThan(0);
    // The beginning of a token is there to be seen, and so is a function of the user.
    const shown = ['prefix', 'issuer', 'onWarning', 'fetch', 'cache'].includes(option) ? refusals : made;
    expect(leaked(shown)).toEqual([]);
  });
});
