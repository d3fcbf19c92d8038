// Run by pollution.test.ts in a process of its own, because the messages of a test runner inherit from `Object.prototype` too.
// It observes what the package does, then does so again with each pollution, and writes the differences as JSON.
import { setTimeout } from 'node:timers/promises';
import {
  createAuthClient,
  createAuthProvider,
  type StandardSchemaV1,
  type TokenPayload,
} from 'intentkit-auth';
import { createToken, createTokenFunctions, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { createTokenVerifier, type Gate, type NodeRequest, protectMcp } from 'intentkit-auth/mcp';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createContext } from '../../host/src/context.js';
import { clientFrom } from '../../src/client/client.js';
import { parseConfig } from '../../src/config/parse.js';
import { joseEngine } from '../../src/signature/jose.js';
import { nodeEngine } from '../../src/signature/node.js';
import { createDpopKey, type ProofChanges } from '../support/dpop.js';
import { createGate, ISSUER, METADATA, RESOURCE, requestWith, SECRET, tokenWith } from '../support/gate.js';
import { generateKeys, mint, signature } from '../support/mint.js';
import { observeDownstream, observeIntrospection } from '../support/oauth-behaviour.js';
import {
  BOUND,
  incompleteKeys,
  isTestable,
  NOW,
  pollutionsOf,
  proofKey,
  READ_BY_OTHERS,
  throws,
} from '../support/pollution.js';
import { memoryStore } from '../support/stores.js';

// Both clocks stand still, so that two observations are equal.
Date.now = () => NOW * 1000;
performance.now = () => 0;

const keys = generateKeys('ES256', 'k1');
const ownKeys = {
  EdDSA: generateKeys('EdDSA'),
  RS256: generateKeys('RS256'),
  ES256: generateKeys('ES256'),
};
const signElsewhere = (data: Uint8Array): Buffer =>
  signature('ES256', Buffer.from(data).toString(), ownKeys.ES256.privateKey);
const keysWithoutId = generateKeys('ES256');
const rsaProofKey = createDpopKey('RS256');
const hmac = (payload: object, header = {}): string =>
  mint({ header: { alg: 'HS256', ...header }, payload, key: SECRET });
const es256 = (header: object, key = keys.privateKey): string =>
  mint({ header: { alg: 'ES256', ...header }, payload: { sub: 'user-1' }, key });
const own = { sub: 'user-1' };
const TOKENS = [
  hmac(own),
  hmac({ ...own, exp: NOW - 1 }),
  hmac({ ...own, nbf: NOW + 99 }),
  hmac(own, { crit: ['foo'], foo: 1 }),
  es256({}),
  es256({ kid: 'k1' }),
  es256({ kid: 'k2' }, keysWithoutId.privateKey),
  es256({ kid: 'k3' }, incompleteKeys.privateKey),
  'garbage',
];
const REVOCABLE = hmac({ iss: ISSUER, jti: 'id-1', sub: 'user-1', exp: NOW + 60 });

const send = (token: string, scheme = 'Bearer', headers = {}): Request =>
  requestWith({ authorization: `${scheme} ${token}`, ...headers });
const valid = { exp: NOW + 60 };
const RSA_BOUND = tokenWith({ ...valid, cnf: { jkt: rsaProofKey.thumbprint } });
const prove = (changes: ProofChanges = {}, token = BOUND, key = proofKey): Request => {
  const fixed = { jti: 'proof-1', iat: NOW, ...changes.claims };
  return send(token, 'DPoP', {
    dpop: key.proof('POST', RESOURCE, token, { ...changes, claims: fixed }),
  });
};
const without = (name: string) => ({ claims: { [name]: undefined } });
const BEARER = [
  requestWith(),
  send(tokenWith(valid)),
  send(tokenWith({ ...valid, scope: undefined })),
  send(tokenWith({ ...valid, client_id: undefined })),
  send(tokenWith({ ...valid, aud: undefined })),
  send(tokenWith({ ...valid, exp: undefined })),
  send(tokenWith({ exp: NOW - 1 })),
  send('garbage'),
  send('two tokens'),
  send(BOUND),
];
const DPOP = [
  prove(),
  prove({}, RSA_BOUND, rsaProofKey),
  prove({}, tokenWith(valid)),
  prove({}, tokenWith({ ...valid, cnf: {} })),
  prove({ header: { typ: undefined } }),
  prove({ header: { jwk: undefined } }),
  prove({ header: { jwk: { ...proofKey.jwk, kty: undefined } } }),
  prove({ header: { jwk: { ...rsaProofKey.jwk, e: undefined } } }, RSA_BOUND, rsaProofKey),
  ...['htm', 'htu', 'ath', 'jti', 'iat'].map((name) => prove(without(name))),
];
const CALLS = [
  { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'search' } },
  { jsonrpc: '2.0', id: 1, method: 'tools/call', params: {} },
  { jsonrpc: '2.0', id: 1, method: 'tools/call' },
  { jsonrpc: '2.0', method: 'tools/list' },
  { id: 1, method: 'tools/list' },
];
const WITH_ROLES = [{}, { roles: ['a'] }].map((claims) => send(tokenWith({ ...valid, ...claims })));
/** A schema that is not made by a library, because libraries read what is polluted. */
const ROLES: StandardSchemaV1<unknown, TokenPayload> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: (claims) =>
      Array.isArray(Object.entries(claims as object).find(([name]) => name === 'roles')?.[1])
        ? { value: claims as TokenPayload }
        : { issues: [{ message: 'no roles', path: ['roles'] }] },
  },
};
const METADATA_REQUESTS = ['GET', 'POST'].map((method) => requestWith({}, { url: METADATA, method }));

const fetchKeys = async (): Promise<Response> =>
  new Response(
    JSON.stringify({ keys: [keys.jwk, keysWithoutId.jwk, { ...incompleteKeys.jwk, y: undefined }] }),
    { status: 200 },
  );
const quiet = { onWarning: () => {} };
const { role } = await createContext();

/** The result of the act, or its error. */
const ended = async (act: () => unknown): Promise<unknown> =>
  (async () => act())().catch((error: unknown) => error);
const all = (acts: readonly (() => unknown)[]): Promise<unknown[]> => Promise.all(acts.map(ended));

/** A plain request of Node. */
const requestOf = (headers: Iterable<readonly string[]>, body?: unknown): NodeRequest => ({
  method: 'POST',
  url: '/mcp',
  rawHeaders: [...headers].flat(),
  ...(body !== undefined && { body }),
});
/** What `gate.node()` does with it. */
const throughNode = (gate: Pick<Gate, 'node'>, request: NodeRequest): Promise<unknown> =>
  new Promise((resolve) => {
    const response = { writeHead: () => {}, end: resolve };
    gate.node()(request, response, () => resolve(Object.hasOwn(request, 'auth') ? request.auth : 'nobody'));
  });

/** A schema with this answer. That of a library may read inherited members itself. */
const schemaOf = (answer: object): StandardSchemaV1 => ({
  '~standard': { version: 1, vendor: 'test', validate: () => answer as never },
});

/** What each part of the package does. */
const BEHAVIOUR: Readonly<Record<string, () => Promise<unknown>>> = {
  client: async () => {
    const provider = createAuthProvider({ secret: SECRET, ...quiet });
    const client = await provider.initialize();
    const jwks = { fetch: fetchKeys };
    const jwksUrl = 'https://issuer.example/jwks.json';
    const remote = createAuthClient({ jwksUrl, jwks, ...quiet });
    const listed = createAuthClient({ issuers: [{ issuer: ISSUER, jwksUrl, fetch: fetchKeys }], ...quiet });
    const byJose = clientFrom(parseConfig({ secret: SECRET, jwksUrl, jwks, ...quiet }), joseEngine);
    const strict = createAuthClient({ secret: SECRET, issuer: ISSUER, audience: RESOURCE });
    const clients = [client, remote, listed, byJose, strict];
    const verdicts = await Promise.all(
      clients.map((one) => all(TOKENS.map((token) => () => one.verify(token)))),
    );
    const rest = await all([
      () => client.sign({ role: 'reader' }),
      () => client.sign({}, { subject: 'user-2' }),
      () => byJose.sign({ role: 'reader' }),
      () => remote.sign({}),
      () => client.decode(TOKENS[0] ?? ''),
      () => client.decode('garbage'),
      () => client.verify(TOKENS[0], { claims: schemaOf({ value: { role: 'reader' } }) }),
      () => client.verify(TOKENS[0], { claims: schemaOf({ issues: [{ message: 'wrong' }] }) }),
      () => client.verify(TOKENS[0], { claims: schemaOf({}) }),
      () => client.verify(TOKENS[0], {} as never),
      () => client.revoke(REVOCABLE),
      () => client.ping(),
      () => provider.healthCheck(),
      () => createAuthClient({ secret: SECRET, revocation: {} as never }),
      () => createAuthClient({ jwksUrl: 'http://issuer.example/jwks.json' }),
      () => createAuthClient({}),
    ]);
    return [provider.name, verdicts, rest, clients.map((one) => one.status())];
  },

  'own signing keys': async () => {
    const external = { publicKey: ownKeys.ES256.publicKey, sign: signElsewhere, keyId: 'external' };
    const node = nodeEngine ?? joseEngine;
    const ec = ownKeys.ES256.privateKey;
    const given = [
      [node, { privateKey: String(ownKeys.EdDSA.privateKey.export({ format: 'pem', type: 'pkcs8' })) }],
      [node, { privateKey: ownKeys.RS256.privateKey.export({ format: 'jwk' }), algorithm: 'PS256' }],
      [node, external],
      [joseEngine, { privateKey: String(ec.export({ format: 'pem', type: 'sec1' })) }],
    ] as const;
    return all(
      given.map(([engine, first]) => async () => {
        const config = { signingKeys: [first, { ...external, keyId: 'last' }], ...quiet };
        const auth = clientFrom(parseConfig(config, 'createAuthClient', engine), engine);
        const token = await auth.sign({ sub: 'user-1' });
        return [await auth.verify(token), auth.jwks(), auth.status()];
      }),
    );
  },

  'revocation list': async () => {
    const store = memoryStore();
    const list = createRevocationList(store);
    const client = createAuthClient({ secret: SECRET, revocation: list });
    const before = await client.verify(REVOCABLE);
    const lasting = createRevocationList(memoryStore());
    const errors = await all([
      () => client.revoke(hmac({ exp: NOW + 60 })),
      () => client.revoke(hmac({ jti: 'id-2' })),
      () => client.verify(hmac({})),
    ]);
    await client.revoke(REVOCABLE);
    const after = await client.verify(REVOCABLE);
    await lasting.revokeSubject('user-1', { issuer: null });
    const revoked = await all(
      [{ sub: 'user-1' }, { sub: 'user-2' }, {}].map((payload) => () => lasting.isRevoked(payload)),
    );
    return [before, errors, after, revoked, [...store.map], store.ttls];
  },

  functions: async () => {
    const provider = createAuthProvider({ secret: SECRET, ...quiet });
    const context = { providers: { auth: await provider.initialize() }, role, events: undefined };
    const of = createTokenFunctions({ provider });
    // The host parses the input by zod, which copies inherited members, so nothing is left out here.
    const input = { claims: { role: 'reader' }, subject: 'user-1', expires_in: '1h' };
    return all([
      () => createToken.execute(input, context),
      () => of.createToken.execute({ ...input, claims: { exp: 1 } }, context),
      () => verifyToken.execute({ token: TOKENS[0] ?? '' }, context),
      () => verifyToken.execute({ token: 'garbage' }, context),
      () => decodeToken.execute({ token: TOKENS[0] ?? '' }, context),
      () => verifyToken.execute({ token: 'garbage' }, { ...context, providers: {} }),
      () => of.verifyToken.name,
    ]);
  },

  introspection: observeIntrospection,
  downstream: observeDownstream,

  gate: async () => {
    const gate = createGate();
    const strict = createGate({ requiredScopes: [], dpop: 'required' });
    const publicTools = ['search'];
    const auth = createAuthClient({ secret: SECRET, issuer: ISSUER });
    const open = protectMcp(auth, { resource: RESOURCE, publicTools });
    const typed = createGate({ claims: ROLES });
    const outage = { audience: RESOURCE, revocation: { isRevoked: throws } };
    return [
      await all([...BEARER, ...DPOP].map((request) => () => gate.authenticate(request))),
      await all(
        [...BEARER.slice(0, 2), ...DPOP.slice(0, 1)].map((request) => () => strict.authenticate(request)),
      ),
      await all(
        [...BEARER, DPOP[0] as Request].map((request) => () => throughNode(gate, requestOf(request.headers))),
      ),
      await all(BEARER.slice(0, 2).map((request) => () => gate.authenticate(request, { scopes: ['admin'] }))),
      await all(CALLS.map((body) => () => throughNode(open, requestOf([], body)))),
      await all(WITH_ROLES.map((request) => () => typed.authenticate(request))),
      await all(BEARER.slice(0, 2).map((request) => () => createGate({}, outage).authenticate(request))),
      METADATA_REQUESTS.map((request) => [gate.metadata(request), strict.metadata(request)]),
    ];
  },

  'gate.requireScopes': async () => {
    const demand = createGate().requireScopes('admin');
    const contexts = [{}, { authInfo: {} }, { authInfo: { scopes: ['mcp', 'admin'] } }];
    return contexts.map((context) => demand(context as object));
  },

  'token verifier': async () => {
    const auth = createAuthClient({ secret: SECRET, issuer: ISSUER });
    const options = { resource: RESOURCE, invalidToken: (message: string) => new Error(message) };
    const verifier = createTokenVerifier(auth, options);
    const tokens = BEARER.map((request) => request.headers.get('authorization')?.slice('Bearer '.length));
    return all([
      ...tokens.map((token) => () => verifier.verifyAccessToken(token ?? '')),
      () => createTokenVerifier(auth, { resource: RESOURCE } as never),
    ]);
  },
};

/** Plain data in place of responses, errors and URLs. */
async function plain(value: unknown): Promise<unknown> {
  if (value instanceof Response) {
    return { status: value.status, headers: [...value.headers], body: await value.clone().text() };
  }
  if (value instanceof Error) return { error: value.message, ...value };
  if (Array.isArray(value)) return Promise.all(value.map(plain));
  return typeof value === 'object' && value !== null ? JSON.parse(JSON.stringify(value)) : value;
}

/** Each place where two observations differ, with both values. */
function differences(expected: unknown, actual: unknown, place = ''): string[] {
  if (isObject(expected) && isObject(actual)) {
    const members = new Set([...Object.keys(expected), ...Object.keys(actual)]);
    return [...members].flatMap((name) => differences(expected[name], actual[name], `${place}/${name}`));
  }
  return expected === actual ? [] : [`${place}: ${JSON.stringify(actual)}, not ${JSON.stringify(expected)}`];
}
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const observe = (): Promise<unknown> =>
  Promise.all(Object.entries(BEHAVIOUR).map(async ([part, run]) => [part, await run()]));

/** The places where something is admitted or accepted, or a token is handed out. */
const accepted = (value: unknown, place = ''): string[] => {
  if (!isObject(value)) return [];
  const isAccepted =
    value.valid === true || Object.hasOwn(value, 'clientId') || Object.hasOwn(value, 'token');
  const inside = Object.keys(value).flatMap((name) => accepted(value[name], `${place}/${name}`));
  return isAccepted ? [place, ...inside] : inside;
};

/** Observes with the pollution, and returns what should not be different. */
async function problemsWith(pollution: object): Promise<string[]> {
  Object.assign(Object.prototype, pollution);
  const observed = await ended(() => Promise.race([observe(), setTimeout(5000, 'It does not end.')]));
  for (const name of Object.keys(pollution)) Reflect.deleteProperty(Object.prototype, name);
  const seen = await plain(observed);
  if (!Object.keys(pollution).some((name) => Object.hasOwn(READ_BY_OTHERS, name))) {
    return differences(usual, seen);
  }
  return accepted(seen).filter((place) => !accepted(usual).includes(place));
}

/** The names that the sources use, as JSON. Reading them here would need the TypeScript compiler. */
const names = JSON.parse(process.argv[2] ?? '').filter(isTestable);
const usual = await plain(await observe());
const polluted = [];
for (const pollution of pollutionsOf(names)) {
  polluted.push({ with: Object.keys(pollution).join(', '), problems: await problemsWith(pollution) });
}
process.stdout.write(JSON.stringify({ usual, accepted: accepted(usual).length, names, polluted }), () =>
  process.exit(),
);
