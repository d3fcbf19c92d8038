import { describe, expect, it } from 'vitest';
import { createGate, ISSUER, METADATA, RESOURCE, requestWith, tokenWith } from '../../support/gate.js';

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

  it('is at one path, with every host and query', () => {
    const gate = createGate();
    const places = [
      METADATA,
      `${METADATA}/`,
      `${METADATA}?a`,
      METADATA.replace('https://api.example.com', 'http://10.0.0.7'),
    ];
    const elsewhere = [RESOURCE, `${METADATA}/x`, METADATA.replace('/mcp', ''), `${RESOURCE}?x=${METADATA}`];
    expect(places.map((url) => gate.metadata(get(url))?.status)).toEqual([200, 200, 200, 200]);
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
