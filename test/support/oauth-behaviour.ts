// What `introspection` and `downstream` do: what they send, what they make of each answer, and what they keep. For the observation
// of a polluted `Object.prototype`, so nothing here may read a member that is inherited.
import { createAuthClient } from 'intentkit-auth';
import { createDownstream, type DownstreamOptions, type DownstreamTarget } from 'intentkit-auth/downstream';
import { protectApi } from 'intentkit-auth/http';
import {
  type ClientAuthOptions,
  createIntrospection,
  type IntrospectionOptions,
} from 'intentkit-auth/introspection';
import { generateKeys, mint, segment } from './mint.js';
import { NOW } from './pollution.js';
import { memoryStore } from './stores.js';

const ISSUER = 'https://id.example';
const API = 'https://orders.example/';
const MCP = 'https://mcp.example/mcp';
const METADATA = {
  issuer: ISSUER,
  introspection_endpoint: `${ISSUER}/introspect`,
  token_endpoint: `${ISSUER}/token`,
  jwks_uri: `${ISSUER}/jwks`,
};
const issuerKey = generateKeys('ES256', 'k1');
const ownKey = generateKeys('EdDSA');

type Answer = readonly [status: number, document: unknown];
/** A request as the other side sees it. */
type Sent = readonly unknown[];

/** A `fetch` that answers questions about a token, and records every request. */
function recorder(answer: Answer): { fetch: typeof fetch; sent: Sent[] } {
  const sent: Sent[] = [];
  const answerFor = (url: string): Answer => {
    if (url.includes('/.well-known/')) return [200, METADATA];
    if (url.endsWith('/jwks')) return [200, { keys: [issuerKey.jwk] }];
    return answer;
  };
  const answering = async (input: unknown, init: object): Promise<Response> => {
    const url = String(input);
    const given = new Map(Object.entries(init));
    const fields = [...new URLSearchParams(String(given.get('body') ?? ''))];
    // An assertion has a new id each time, and so has the text of a control question.
    const form = fields.map(([name, value]) => [
      name,
      name === 'client_assertion' ? withoutId(value) : value.replace(UUID, 'random'),
    ]);
    const headers = [...new Headers(given.get('headers'))];
    sent.push([url, given.get('method'), given.get('redirect'), headers, form]);
    const [status, document] = answerFor(url);
    const options: ResponseInit = Object.assign(Object.create(null), { status, headers: {} });
    return new Response(typeof document === 'string' ? document : JSON.stringify(document), options);
  };
  return { fetch: answering as typeof fetch, sent };
}
const UUID = /[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/;
const withoutId = (assertion: string): unknown =>
  assertion
    .split('.')
    .slice(0, 2)
    .map((part) =>
      Buffer.from(part, 'base64url')
        .toString()
        .replace(/"jti":"[^"]*"/, ''),
    );

/** The result of the act, or its error. */
const ended = async (act: () => unknown): Promise<unknown> =>
  (async () => act())().catch((error: unknown) => error);

// biome-ignore format: a table
const CREDENTIALS: readonly ClientAuthOptions[] = [
  { secret: 'a secret', in: 'body' }, { privateKey: ownKey.privateKey },
];
const server = { issuer: ISSUER, clientId: 'api', onWarning: (): void => {} };

/** Made here, because the constructor reads inherited members. */
const REQUEST = new Request(MCP, { headers: { authorization: 'Bearer opaque' } });

const ACTIVE = { active: true, sub: 'ada', client_id: 'agent', scope: 'read', aud: MCP, exp: NOW + 60 };
/** With each member missing at least once that is read when it is there. */
// biome-ignore format: a table
const INTROSPECTED: readonly Answer[] = [
  [200, ACTIVE], [200, { active: true }], [200, { active: true, aud: MCP, client_id: 'agent' }], [200, { active: true, aud: MCP, scope: 'read' }],
  [200, { active: false }], [200, {}], [200, { ...ACTIVE, exp: NOW - 1 }], [400, {}], [401, {}], [503, {}],
];
const signedAnswer = (claims: object, header: object = {}): Answer => [
  200,
  mint({
    header: { alg: 'ES256', kid: 'k1', typ: 'token-introspection+jwt', ...header },
    payload: { iss: ISSUER, aud: 'api', iat: NOW, token_introspection: ACTIVE, ...claims },
    key: issuerKey.privateKey,
  }),
];
// biome-ignore format: a table
const SIGNED: readonly Answer[] = [
  signedAnswer({}), signedAnswer({}, { typ: undefined }),
  ...['iss', 'aud', 'iat', 'token_introspection'].map((name) => signedAnswer({ [name]: undefined })),
];

async function introspected(answer: Answer, options: Partial<IntrospectionOptions> = {}): Promise<unknown> {
  const { fetch, sent } = recorder(answer);
  const clientAuth = { secret: 'a secret' };
  const introspection = createIntrospection({ ...server, clientAuth, fetch, ...options });
  const auth = createAuthClient({ audience: MCP, introspection, onWarning: () => {} });
  const gate = protectApi(auth, { resource: MCP, requiredScopes: ['read'] });
  return [
    await ended(() => introspection.introspect('opaque')),
    await ended(() => auth.verify('opaque')),
    await ended(() => gate.authenticate(REQUEST)),
    [introspection.issuer, introspection.prefix, introspection.status(), auth.status()],
    sent,
  ];
}

/** Everything that concerns `introspection`. */
export const observeIntrospection = async (): Promise<unknown> => [
  await Promise.all(INTROSPECTED.map((answer) => introspected(answer))),
  await Promise.all(SIGNED.map((answer) => introspected(answer, { signed: true }))),
  await Promise.all(CREDENTIALS.map((clientAuth) => introspected([200, ACTIVE], { clientAuth }))),
  await introspected([200, ACTIVE], { cacheMaxAge: '5s' }),
  await introspected([200, ACTIVE], { endpoint: `${ISSUER}/other`, prefix: 'at_' }),
  await ended(() => createIntrospection({ ...server } as never)),
  await ended(() => createIntrospection({ ...server, clientAuth: {} })),
  await ended(() => createIntrospection({ clientAuth: { secret: 'a secret' } } as never)),
];

const CALLER = `${segment({ alg: 'HS256' })}.${segment({ sub: 'ada', exp: NOW + 999 })}.AAAA`;
const BOUND = `${segment({ alg: 'HS256' })}.${segment({ sub: 'ada', cnf: { jkt: 'x' } })}.AAAA`;
const CALLERS: readonly unknown[] = [BOUND, { token: 'opaque' }, {}];
const EXCHANGED = {
  access_token: 'for-orders',
  token_type: 'Bearer',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  expires_in: 600,
  scope: 'read',
};
// biome-ignore format: a table
const ANSWERS: readonly Answer[] = [
  [200, EXCHANGED], ...Object.keys(EXCHANGED).map((name): Answer => [200, { ...EXCHANGED, [name]: undefined }]),
  [200, { ...EXCHANGED, scope: 'other' }], [400, { error: 'invalid_grant' }], [400, {}], [401, { error: 'invalid_client' }], [503, {}],
];
const INIT: RequestInit = Object.assign(Object.create(null), { method: 'PUT' });
const TARGETS: readonly DownstreamTarget[] = [
  { resource: API },
  { audience: 'orders' },
  { scopes: ['read'] },
];

async function exchanged(
  answer: Answer,
  target: DownstreamTarget = { resource: API, scopes: ['read'] },
  caller: unknown = CALLER,
  options: Partial<DownstreamOptions> = {},
): Promise<unknown> {
  const { fetch, sent } = recorder(answer);
  const toApi = recorder([200, { open: 3 }]);
  const cache = memoryStore();
  const clientAuth = { secret: 'a secret' };
  const downstream = createDownstream({ ...server, clientAuth, fetch, cache, ...options });
  const forApi = downstream.for({ ...target, fetch: toApi.fetch });
  return [
    await ended(() => forApi(caller as string)),
    await ended(() => forApi.fetch(caller as string, '/open', INIT)),
    // What is stored differs each time, but not where and for how long.
    [[...cache.map.keys()], cache.ttls, cache.gets],
    [sent, toApi.sent],
  ];
}

/** Everything that concerns `downstream`. */
export const observeDownstream = async (): Promise<unknown> => {
  const entra = { grant: 'entra-on-behalf-of' } as const;
  const good: Answer = [200, EXCHANGED];
  return [
    await Promise.all(ANSWERS.map((answer) => exchanged(answer))),
    await Promise.all(CALLERS.map((caller) => exchanged(good, undefined, caller))),
    await Promise.all(TARGETS.map((target) => ended(() => exchanged(good, target)))),
    await Promise.all(TARGETS.map((target) => ended(() => exchanged(good, target, CALLER, entra)))),
    await Promise.all(CREDENTIALS.map((clientAuth) => exchanged(good, undefined, CALLER, { clientAuth }))),
    await ended(() => createDownstream({ ...server } as never)),
    await ended(() => createDownstream({ ...server, clientAuth: {} })),
  ];
};
