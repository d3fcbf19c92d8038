import { describe, expect, it } from 'vitest';
import {
  createGate,
  ISSUER,
  METADATA,
  type Outcome,
  outcomeOf,
  RESOURCE,
  requestWith,
  tokenWith,
} from '../../support/gate.js';

const get = (url: string, method = 'GET'): Request => requestWith({}, { url, method });

describe('The metadata of a resource', () => {
  it('has what RFC 9728 asks for, and any origin may read it', async () => {
    const response = createGate().metadata(get(METADATA));
    expect(response?.headers.get('access-control-allow-origin')).toBe('*');
    expect(response?.headers.get('content-type')).toBe('application/json');
    expect(await response?.json()).toEqual({
      resource: RESOURCE,
      authorization_servers: [ISSUER],
      scopes_supported: ['mcp'],
      bearer_methods_supported: ['header'],
      dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA', 'RS256']),
    });
  });

  it('says that tokens must be bound to a key, or does not mention DPoP where it is off', async () => {
    const documents = (['required', 'off'] as const).map((dpop) =>
      createGate({ dpop }).metadata(get(METADATA)),
    );
    const [required, off] = await Promise.all(documents.map((response) => response?.json()));
    expect(required).toMatchObject({ dpop_bound_access_tokens_required: true });
    expect(Object.keys(off).filter((name) => name.startsWith('dpop'))).toEqual([]);
  });

  it('has the given authorization servers, otherwise each configured issuer that is a URL', async () => {
    const configured = createGate({}, { issuer: ['my-service', ISSUER, 'https://second.example.com/'] });
    const given = createGate({ authorizationServers: ['https://given.example.com'] });
    const none = createGate({ authorizationServers: [] });
    const documents = await Promise.all(
      [configured, given, none].map((gate) => gate.metadata(get(METADATA))?.json()),
    );
    expect(documents.map((document) => document.authorization_servers)).toEqual([
      [ISSUER, 'https://second.example.com/'],
      ['https://given.example.com'],
      undefined,
    ]);
  });

  it('lists the scopes that it supports, and further members, but never others in place of its own', async () => {
    const metadata = {
      resource_name: 'Files',
      'resource_name#de': 'Dateien',
      jwks_uri: undefined,
      resource: 'https://evil.example.com',
      authorization_servers: ['https://evil.example.com'],
      scopes_supported: ['evil'],
      bearer_methods_supported: ['query'],
      dpop_signing_alg_values_supported: ['none'],
      dpop_bound_access_tokens_required: true,
    };
    const gate = createGate({
      scopesSupported: ['mcp', 'files:write'],
      dpop: 'off',
      // Types forbid the members of the gate.
      metadata: metadata as Record<string, unknown>,
    });
    metadata.resource_name = 'changed later';
    expect(await gate.metadata(get(METADATA))?.json()).toEqual({
      resource: RESOURCE,
      resource_name: 'Files',
      'resource_name#de': 'Dateien',
      authorization_servers: [ISSUER],
      scopes_supported: ['mcp', 'files:write'],
      bearer_methods_supported: ['header'],
    });
  });

  it('is at its path and at the root, with every host and query', () => {
    const gate = createGate();
    const places = [
      METADATA,
      `${METADATA}/`,
      `${METADATA}?a`,
      METADATA.replace('https://api.example.com', 'http://10.0.0.7'),
      METADATA.replace('/mcp', ''),
      METADATA.replace('/mcp', '/'),
    ];
    const elsewhere = [
      RESOURCE,
      `${METADATA}/x`,
      METADATA.replace('/mcp', '-x'),
      METADATA.replace('/mcp', '/other'),
      `${RESOURCE}?x=${METADATA}`,
      RESOURCE.replace('/mcp', '/mcp/.well-known/oauth-protected-resource'),
    ];
    expect(places.map((url) => gate.metadata(get(url))?.status)).toEqual(places.map(() => 200));
    expect(elsewhere.map((url) => gate.metadata(get(url)))).toEqual(elsewhere.map(() => undefined));
  });

  it('of a resource without a path is at the well-known path itself', () => {
    const gate = createGate({ resource: 'https://api.example.com' });
    expect(gate.metadata(get('https://api.example.com/.well-known/oauth-protected-resource'))?.status).toBe(
      200,
    );
  });

  it('accepts GET, HEAD and OPTIONS, and no other method', async () => {
    const gate = createGate();
    const answers = ['HEAD', 'OPTIONS', 'POST'].map((method) => gate.metadata(get(METADATA, method)));
    expect(answers.map((answer) => answer?.status)).toEqual([200, 204, 405]);
    expect(await Promise.all(answers.map((answer) => answer?.text()))).toEqual(['', '', '']);
    expect(answers[2]?.headers.get('allow')).toBe('GET, HEAD, OPTIONS');
  });
});

describe('A request for the metadata of an authorization server', () => {
  const AT = [
    ...['oauth-authorization-server', 'openid-configuration'].flatMap((name) => [
      `https://api.example.com/.well-known/${name}`,
      `https://api.example.com/.well-known/${name}/mcp?x`,
    ]),
    `${RESOURCE}/.well-known/openid-configuration`,
  ];
  const ELSEWHERE = [
    `${RESOURCE}/.well-known/openid-configuration/x`,
    `${RESOURCE}/.well-known/oauth-authorization-server`,
    `${RESOURCE}?/.well-known/openid-configuration`,
    'https://api.example.com/.well-known/other',
    'https://api.example.com/x/../mcp#/.well-known/openid-configuration',
  ];
  const NO_SERVER = { error: 'not_found', error_description: 'This is not an authorization server.' };
  const headers = { authorization: `Bearer ${tokenWith()}` };

  it.each(AT)('is answered with 404 where it would get a challenge: %s', async (url) => {
    const gate = createGate();
    const fetched = await gate.fetch(() => new Response('served'))(get(url));
    for (const answer of [await gate.authenticate(get(url)), fetched] as Response[]) {
      expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([404, null]);
      expect(await answer.json()).toEqual(NO_SERVER);
    }
    expect(gate.metadata(get(url))).toBeUndefined();
  });

  it.each(AT)(
    'is admitted, refused or passed on as any other where it would get no challenge: %s',
    async (url) => {
      const gate = createGate();
      const ask = async (given: object): Promise<Outcome> =>
        outcomeOf(await gate.authenticate(requestWith({ ...given }, { url })));
      expect((await ask(headers)).status).toBe(200);
      expect((await ask({ authorization: 'Bearer x' })).status).toBe(401);
      expect(await gate.authenticate(get(url), { optional: true })).toBeUndefined();
    },
  );

  it.each(ELSEWHERE)('is not %s', async (url) => {
    expect(await outcomeOf(await createGate().authenticate(get(url)))).toMatchObject({ status: 401 });
  });
});

describe('gate.requireScopes', () => {
  it('requires the scopes of the gate and then those of the tool, without duplicates', () => {
    const demand = createGate({ requiredScopes: ['mcp', 'files'] }).requireScopes('files', 'files:write');
    const challenge = {
      scopes: ['mcp', 'files', 'files:write'],
      errorDescription: 'The token lacks a required scope.',
    };
    expect(demand({ authInfo: { scopes: ['mcp', 'files'] } })).toEqual(challenge);
    expect(demand({})).toEqual(challenge);
    expect(demand({ authInfo: { scopes: ['files:write', 'files', 'mcp', 'x'] } })).toBeUndefined();
  });

  it('grants nothing without an admitted request, even if no scope is required', () => {
    // Types forbid the empty list.
    const demand = Reflect.apply(createGate({ requiredScopes: [] }).requireScopes, undefined, []);
    expect(demand({})).toMatchObject({ scopes: [] });
    expect(demand({ authInfo: { scopes: [] } })).toBeUndefined();
  });
});

describe('gate.fetch', () => {
  it('serves the metadata, refuses requests, and passes admitted ones on with all arguments', async () => {
    const gate = createGate({ requiredScopes: [] });
    const serve = gate.fetch((_request, { authInfo }, env: { name: string }) =>
      Response.json({ client: authInfo.clientId, ...env }),
    );
    const env = { name: 'worker' };
    expect((await serve(get(METADATA), env)).status).toBe(200);
    expect((await serve(requestWith(), env)).status).toBe(401);
    const answer = await serve(requestWith({ authorization: `Bearer ${tokenWith()}` }), env);
    expect(await answer.json()).toEqual({ client: 'agent', name: 'worker' });
  });
});
