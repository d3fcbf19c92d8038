import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import KeyvRedis from '@keyv/redis';
import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';
import { createTokenVerifier, type McpOptions, protectMcp } from 'intentkit-auth/mcp';
import Keyv from 'keyv';
import { afterEach, describe, expect, it } from 'vitest';
import { ISSUER, RESOURCE } from '../../support/gate.js';
import { titled } from '../../support/titled.js';

const auth = createAuthClient({ secret: '0123456789abcdef'.repeat(2), issuer: ISSUER });
const create = (options: unknown): unknown => protectMcp(auth, options as McpOptions);
const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ name: 'AuthError', code: 'ERR_AUTH_CONFIG' });
    return (error as Error).message;
  }
  return 'accepted';
};

const URLS =
  '"resource" must be an https: URL such as "https://api.example.com/mcp", with "//", in ASCII, and without white space, backslashes, "..", query, fragment and credentials; http: is for this machine only.';
const NO_RESOURCE = URLS.replace('must be', 'is missing: it must be');
const A_LIST = (option: string) =>
  `"${option}" must be a list of scopes, each without spaces, quotes and backslashes.`;
const MAX_AGE =
  '"dpopMaxAge" must be a duration longer than zero and not longer than five minutes, such as "30s".';

describe('An option of protectMcp that cannot be used is refused when the gate is made', () => {
  it.each(
    titled([
      { what: 'no options', options: undefined, says: 'The options of protectMcp must be an object.' },
      { what: 'no resource', options: {}, says: NO_RESOURCE },
      { what: 'a resource that is no URL', options: { resource: 'api.example.com' }, says: URLS },
      { what: 'a resource over http', options: { resource: 'http://api.example.com/mcp' }, says: URLS },
      {
        what: 'a resource over http on a host that the resolver may lead anywhere',
        options: { resource: 'http://api.localhost/mcp' },
        says: URLS,
      },
      { what: 'a resource with a query', options: { resource: `${RESOURCE}?a=b` }, says: URLS },
      { what: 'a resource with a fragment', options: { resource: `${RESOURCE}#` }, says: URLS },
      {
        what: 'a resource with credentials',
        options: { resource: 'https://a:b@api.example.com' },
        says: URLS,
      },
      {
        what: 'null among the scopes',
        options: { resource: RESOURCE, requiredScopes: ['mcp', null] },
        says: A_LIST('requiredScopes'),
      },
      {
        what: 'scopes as text',
        options: { resource: RESOURCE, requiredScopes: 'mcp' },
        says: A_LIST('requiredScopes'),
      },
      {
        what: 'two scopes in one',
        options: { resource: RESOURCE, requiredScopes: ['a b'] },
        says: A_LIST('requiredScopes'),
      },
      {
        what: 'a scope that ends the challenge',
        options: { resource: RESOURCE, requiredScopes: ['a"'] },
        says: A_LIST('requiredScopes'),
      },
      {
        what: 'implications as a list',
        options: { resource: RESOURCE, scopes: ['a'] },
        says: '"scopes" must be an object with the scopes that each scope implies, such as { "files:admin": ["files:read"] }.',
      },
      {
        what: 'an implication as text',
        options: { resource: RESOURCE, scopes: { a: 'b' } },
        says: A_LIST('scopes.a'),
      },
      {
        what: 'an implication of null',
        options: { resource: RESOURCE, scopes: { a: null } },
        says: A_LIST('scopes.a'),
      },
      {
        what: 'an implication of what is no scope',
        options: { resource: RESOURCE, scopes: { 'a b': ['c'] } },
        says: '"scopes.a b" must be the name of a scope, without spaces, quotes and backslashes.',
      },
      {
        what: 'permissions as text',
        options: { resource: RESOURCE, permissions: 'yes' },
        says: '"permissions" must be true or false.',
      },
      {
        what: 'another mode',
        options: { resource: RESOURCE, dpop: true },
        says: '"dpop" must be "supported", "required" or "off".',
      },
      {
        what: 'an age of more than five minutes',
        options: { resource: RESOURCE, dpopMaxAge: '301s' },
        says: MAX_AGE,
      },
      { what: 'an age of nothing', options: { resource: RESOURCE, dpopMaxAge: '0s' }, says: MAX_AGE },
      { what: 'an age as a number', options: { resource: RESOURCE, dpopMaxAge: 60 }, says: MAX_AGE },
      {
        what: 'a store that cannot set',
        options: { resource: RESOURCE, replayStore: { get: () => {} } },
        says: '"replayStore" must be an object with "get" and "set", such as keyv.',
      },
      {
        what: 'a keyv that would take a failure of its store for a first use',
        options: {
          resource: RESOURCE,
          replayStore: new Keyv({ store: new KeyvRedis('redis://127.0.0.1:1') }),
        },
        says: '"replayStore" must be a store that reports its failures: give "throwOnErrors: true" to Keyv and to its adapter, such as KeyvRedis.',
      },
      {
        what: 'an issuer that is no URL',
        options: { resource: RESOURCE, authorizationServers: ['my-service'] },
        says: '"authorizationServers" must be a list of issuer URLs.',
      },
    ]),
  )('%s', (_, { options, says }) => {
    expect(message(() => create(options))).toBe(says);
  });

  it('no client', () => {
    expect(message(() => protectMcp({} as never, { resource: RESOURCE }))).toBe(
      'The first argument must be the client that verifies tokens.',
    );
  });

  it('no authorization server, where the client has no issuer that is a URL', () => {
    const nameless = createAuthClient({ secret: '0123456789abcdef'.repeat(2), issuer: 'my-service' });
    expect(message(() => protectMcp(nameless, { resource: RESOURCE }))).toBe(
      '"authorizationServers" is required, because no configured issuer is a URL; list the issuers of your tokens.',
    );
    expect(message(() => protectMcp(nameless, { resource: RESOURCE, authorizationServers: [] }))).toBe(
      'accepted',
    );
  });

  it('a demand of a tool that is no scope', () => {
    const gate = protectMcp(auth, { resource: RESOURCE });
    const says =
      'Each argument of requireScopes must be a scope, without spaces, quotes and backslashes, such as "orders:read".';
    for (const wrong of ['a b', ['a'], { scopes: ['a'] }, undefined]) {
      expect(message(() => gate.requireScopes('a', wrong as never))).toBe(says);
    }
  });

  it('an option of the client', () => {
    const options = { resource: RESOURCE, invalidToken: () => new Error() };
    for (const name of ['audience', 'issuer', 'issuers', 'clientIds', 'jwksUrl', 'secret']) {
      const says = (of: string): string =>
        `"${name}" is not an option of ${of}. It belongs to createAuthClient.`;
      const given = { resource: RESOURCE, [name]: 'x' };
      expect(message(() => create(given))).toBe(says('protectMcp'));
      expect(message(() => protectApi(auth, given))).toBe(says('protectApi'));
      expect(message(() => createTokenVerifier(auth, { ...options, ...given }))).toBe(
        says('createTokenVerifier'),
      );
    }
  });
});

describe('A route that cannot be used is refused', () => {
  const gate = protectMcp(auth, { resource: RESOURCE });
  const node = (options?: unknown): unknown => gate.node(options as never);

  it('with scopes that are not a list of scopes', () => {
    expect(message(() => node({ scopes: 'a' }))).toBe(A_LIST('scopes'));
    expect(message(() => node({ scopes: ['a b'] }))).toBe(A_LIST('scopes'));
  });

  it.each<[of: 'node' | 'nodeMetadata', request: object]>([
    ['node', Object.assign(new IncomingMessage(new Socket()), { method: 'GET', url: '/' })],
    ['node', { method: 'GET', url: '/', headers: {} }],
    ['node', new Request(RESOURCE)],
    ['nodeMetadata', { method: 'GET', url: '/', headers: {} }],
  ])('where %s is not called, and gets the request', (of, request) => {
    const given = gate[of] as (request: object) => unknown;
    expect(message(() => given(request))).toBe(`Middleware is what ${of} returns. Call it: gate.${of}().`);
  });
});

describe('A polluted Object.prototype', () => {
  const prototype = Object.prototype as Record<string, unknown>;
  afterEach(() => {
    for (const name of Object.keys(prototype)) delete prototype[name];
  });

  it('gives no gate its options', () => {
    prototype.resource = RESOURCE;
    expect(message(() => create({}))).toBe(NO_RESOURCE);
  });

  it('switches no check off', async () => {
    const gate = protectMcp(auth, { resource: RESOURCE, requiredScopes: ['mcp'] });
    const token = await auth.sign({ aud: RESOURCE });
    Object.assign(prototype, {
      scope: 'mcp',
      permissions: ['mcp'],
      requiredScopes: [],
      dpop: 'off',
      cnf: {},
    });
    const request = new Request(RESOURCE, { headers: { authorization: `Bearer ${token}` } });
    expect(await gate.authenticate(request)).toHaveProperty('status', 403);
  });
});
