// What a route adds to the gate: further scopes, requests without a token, and a caller that the gate already knows.
import type { NodeRequest, RouteOptions } from 'intentkit-auth/http';
import { describe, expect, it } from 'vitest';
import { freezeClock, moveClock, NOW } from '../../support/clock.js';
import { createDpopKey } from '../../support/dpop.js';
import { admitted, createGate, outcomeOf, RESOURCE, requestWith, tokenWith } from '../../support/gate.js';
import { titled } from '../../support/titled.js';

freezeClock();

type TestGate = ReturnType<typeof createGate>;
const bearer = (claims = {}): Request => requestWith({ authorization: `Bearer ${tokenWith(claims)}` });
const key = createDpopKey();
/** A request with a proof, which a gate accepts once. */
const proven = (scope: string): Request => {
  const token = tokenWith({ scope, cnf: { jkt: key.thumbprint } });
  return requestWith({ authorization: `DPoP ${token}`, dpop: key.proof('POST', RESOURCE, token) });
};

/** What the middleware makes of a request: the status of its answer, or 200 if it calls `next`. */
const through = (gate: TestGate, request: NodeRequest, options?: RouteOptions): Promise<number> =>
  new Promise((resolve) => {
    const response = { writeHead: (status: number) => resolve(status), end: () => {} };
    gate.node(options)(request, response, () => resolve(200));
  });
const onNode = ({ headers }: Request): NodeRequest => ({
  method: 'POST',
  url: '/mcp',
  rawHeaders: [...headers].flat(),
});

const scopeOf = (challenge: string | null): string | undefined =>
  /scope="([^"]*)"/.exec(challenge ?? '')?.[1];

describe('The scopes of a route', () => {
  const options = { scopes: ['files:write', 'mcp', 'files:write'] };

  it('are needed beside those of the gate, and the 403 names all of them once', async () => {
    const gate = createGate();
    const ask = async (scope: string) => outcomeOf(await gate.authenticate(bearer({ scope }), options));
    expect((await ask('mcp files:write')).status).toBe(200);
    for (const scope of ['mcp', 'files:write', '']) {
      const { status, challenge } = await ask(scope);
      expect([status, scopeOf(challenge)]).toEqual([403, 'mcp files:write']);
    }
  });

  it('do not count for other routes, nor do their answers', async () => {
    const gate = createGate();
    const refused = await outcomeOf(await gate.authenticate(requestWith(), options));
    const elsewhere = await outcomeOf(await gate.authenticate(requestWith()));
    expect([scopeOf(refused.challenge), scopeOf(elsewhere.challenge)]).toEqual(['mcp files:write', 'mcp']);
    admitted(await gate.authenticate(bearer()));
  });

  it('may be implied by others', async () => {
    const gate = createGate({ scopes: { admin: ['files:write', 'mcp'] } });
    admitted(await gate.authenticate(bearer({ scope: 'admin' }), options));
  });

  it('are those of fetch and node too', async () => {
    const gate = createGate();
    const serve = gate.fetch((_, { authInfo }) => Response.json(authInfo.scopes), options);
    expect((await serve(bearer())).status).toBe(403);
    expect(await (await serve(bearer({ scope: 'mcp files:write' }))).json()).toEqual(['mcp', 'files:write']);
    expect(await through(gate, onNode(bearer()), options)).toBe(403);
    expect(await through(gate, onNode(bearer({ scope: 'mcp files:write' })), options)).toBe(200);
  });
});

describe('The scopes of the first challenge', () => {
  it.each([
    { initialScopes: ['mcp', 'files:write'], initial: 'mcp files:write' },
    { initialScopes: ['files:write'], initial: 'mcp files:write' },
    { initialScopes: [], initial: 'mcp' },
  ])(
    '$initialScopes are in every 401, with those of the gate and the route',
    async ({ initialScopes, initial }) => {
      const gate = createGate({ initialScopes });
      const route = { scopes: ['route'] };
      for (const request of [() => requestWith(), () => bearer({ exp: 1 })]) {
        const { status, challenge } = await outcomeOf(await gate.authenticate(request()));
        expect([status, scopeOf(challenge)]).toEqual([401, initial]);
        const routed = await outcomeOf(await gate.authenticate(request(), route));
        expect(scopeOf(routed.challenge)).toBe(`${initial} route`);
      }
      const { status, challenge } = await outcomeOf(await gate.authenticate(bearer({ scope: '' }), route));
      expect([status, scopeOf(challenge)]).toEqual([403, 'mcp route']);
      // They are not required.
      admitted(await gate.authenticate(bearer()));
    },
  );
});

describe('A route for which a token is optional', () => {
  const optional = { optional: true };

  it.each(
    titled([
      { what: 'no token', headers: {} },
      { what: 'an empty header', headers: { authorization: ' ' } },
      { what: 'another scheme', headers: { authorization: 'Basic dXNlcjpwYXNz' } },
    ]),
  )('lets a request pass with %s', async (_, { headers }) => {
    const gate = createGate();
    const request = requestWith(headers);
    expect(await gate.authenticate(request, optional)).toBeUndefined();
    expect(gate.authOf(request, optional)).toBeUndefined();
    expect(() => gate.authOf(request)).toThrow(expect.objectContaining({ code: 'ERR_AUTH_CONFIG' }));
    const serve = gate.fetch((_request, context) => Response.json(Object.keys(context)), optional);
    expect(await (await serve(requestWith(headers))).json()).toEqual([]);
    const incoming = onNode(requestWith(headers));
    expect(await through(gate, incoming, optional)).toBe(200);
    expect(incoming).not.toHaveProperty('auth');
    // The gate has not admitted it, so another route still asks for a token.
    expect(await through(gate, incoming)).toBe(401);
  });

  it.each(
    titled<{ what: string; headers: HeadersInit; status: number; url?: string }>([
      { what: 'a token that is no JWT', headers: { authorization: 'Bearer x' }, status: 401 },
      {
        what: 'an expired token',
        headers: { authorization: `Bearer ${tokenWith({ exp: 1 })}` },
        status: 401,
      },
      {
        what: 'a token that lacks a scope',
        headers: { authorization: `Bearer ${tokenWith({ scope: '' })}` },
        status: 403,
      },
      { what: 'a scheme without a token', headers: { authorization: 'Bearer' }, status: 400 },
      { what: 'a token without a scheme', headers: { authorization: tokenWith() }, status: 401 },
      { what: 'two tokens', headers: { authorization: `Bearer ${tokenWith()}, Bearer x` }, status: 400 },
      { what: 'a token in the query', headers: {}, status: 400, url: `${RESOURCE}?access_token=x` },
    ]),
  )('refuses %s', async (_, { headers, status, url }) => {
    const decision = await createGate().authenticate(requestWith(headers, url ? { url } : {}), optional);
    expect(decision).toHaveProperty('status', status);
  });

  it('refuses a token with the DPoP scheme where "dpop" is off', async () => {
    const decision = await createGate({ dpop: 'off' }).authenticate(proven('mcp'), optional);
    expect(decision).toHaveProperty('status', 401);
  });

  it('knows the caller of a request with a token', async () => {
    const gate = createGate();
    const request = bearer();
    const authInfo = await gate.authenticate(request, optional);
    expect(authInfo).toMatchObject({ clientId: 'agent' });
    expect(gate.authOf(request, optional)).toBe(authInfo);
  });
});

describe('A request that the gate has admitted', () => {
  it('is not checked again, so that its proof does not count twice', async () => {
    const gate = createGate();
    const [web, node] = [proven('mcp files'), onNode(proven('mcp files'))];
    const authInfo = admitted(await gate.authenticate(web));
    expect(await gate.authenticate(web, { scopes: ['files'] })).toBe(authInfo);
    expect([await through(gate, node), await through(gate, node, { scopes: ['files'] })]).toEqual([200, 200]);
  });

  it('still needs the scopes of a further route, with the challenge of its scheme', async () => {
    const gate = createGate();
    const request = proven('mcp');
    admitted(await gate.authenticate(request));
    const { status, challenge } = await outcomeOf(await gate.authenticate(request, { scopes: ['files'] }));
    expect([status, challenge?.split(' ')[0], scopeOf(challenge)]).toEqual([403, 'DPoP', 'mcp files']);
    expect(gate.authOf(request).clientId).toBe('agent');
  });

  it('is not known to another gate, and another request is not known by the same token', async () => {
    const [gate, other] = [createGate(), createGate()];
    const request = proven('mcp');
    admitted(await gate.authenticate(request));
    const again = await gate.authenticate(new Request(request));
    expect((await outcomeOf(again)).body).toMatchObject({ error: 'invalid_dpop_proof' });
    expect(() => other.authOf(request)).toThrow(/"gate.node\(\)"/);
  });
});

describe('gate.authOf', () => {
  it('is what node and fetch have set', async () => {
    const gate = createGate();
    const incoming = onNode(bearer({ sub: 'user-1' }));
    await through(gate, incoming);
    expect(gate.authOf(incoming)).toBe(incoming.auth);
    expect(gate.authOf(incoming).subject).toBe('user-1');
    const serve = gate.fetch((request, { authInfo }) => Response.json(gate.authOf(request) === authInfo));
    expect(await (await serve(bearer())).json()).toBe(true);
  });

  it('is looked for again when the token of an admitted request has expired', async () => {
    const gate = createGate();
    const request = bearer({ exp: NOW + 60 });
    admitted(await gate.authenticate(request));
    moveClock(59_999);
    admitted(await gate.authenticate(request));
    moveClock(60_000);
    expect((await outcomeOf(await gate.authenticate(request))).status).toBe(401);
  });

  it('never believes what a request says, nor a request that was refused', async () => {
    const gate = createGate();
    const refused = bearer({ scope: '' });
    await gate.authenticate(refused);
    const fakes = [{ auth: { clientId: 'admin' } }, refused, requestWith(), {}, null, undefined, 'x'];
    for (const fake of fakes) {
      expect(() => gate.authOf(fake as object)).toThrow(
        expect.objectContaining({ name: 'AuthError', code: 'ERR_AUTH_CONFIG' }),
      );
      expect(gate.authOf(fake as object, { optional: true })).toBeUndefined();
    }
  });
});

describe('The options of a route', () => {
  it.each(
    titled([
      { what: 'a scope with a space', options: { scopes: ['a b'] } },
      { what: 'scopes as text', options: { scopes: 'a' } },
      { what: 'no scopes', options: { scopes: null } },
      { what: 'optional as text', options: { optional: 'yes' } },
      { what: 'another name', options: { scope: ['a'] } },
      { what: 'a list', options: ['a'] },
      { what: 'null', options: null },
    ]),
  )('cannot be %s', async (_, { options }) => {
    const gate = createGate();
    const given = options as never;
    const error = expect.objectContaining({ name: 'AuthError', code: 'ERR_AUTH_CONFIG' });
    expect(() => gate.node(given)).toThrow(error);
    expect(() => gate.fetch(() => new Response(), given)).toThrow(error);
    await expect(gate.authenticate(bearer(), given)).rejects.toEqual(error);
  });
});

describe('gate.nodeMetadata', () => {
  it('serves the metadata, and guards nothing', async () => {
    const serve = createGate().nodeMetadata();
    const ask = (url: string): Promise<unknown> =>
      new Promise((resolve) => {
        const response = { writeHead: () => {}, end: (body: string) => resolve(JSON.parse(body)) };
        serve({ method: 'GET', url }, response, () => resolve('passed on'));
      });
    expect(await ask('/.well-known/oauth-protected-resource/mcp')).toMatchObject({ resource: RESOURCE });
    expect(await ask('/.well-known/oauth-protected-resource')).toMatchObject({ resource: RESOURCE });
    expect([await ask('/mcp'), await ask('/.well-known/openid-configuration')]).toEqual([
      'passed on',
      'passed on',
    ]);
  });
});
