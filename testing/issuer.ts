import { discoveryUrls } from '../src/keys/remote/discovery.js';
import { secondsNow } from '../src/shared/clock.js';
import { checkOptions, checkValue } from '../src/shared/options.js';
import { withoutTrailingSlash } from '../src/shared/url.js';
import { type SignClaims, TokenEndpoints } from './endpoints.js';
import { faulty, good, REDIRECTED, type Reply, type Served, testFault } from './faults.js';
import { type HttpServer, startHttpServer } from './http-server.js';
import { asResponse } from './in-memory.js';
import { IssuerKeys } from './issuer-keys.js';
import {
  TEST_FAULT_OPTIONS,
  TEST_ISSUER_OPTIONS,
  TEST_LISTEN_OPTIONS,
  TEST_OPAQUE_TOKEN_OPTIONS,
  TEST_ROTATION_OPTIONS,
  TEST_TOKEN_OPTIONS,
  type TestFault,
  type TestFaultOptions,
  type TestIssuer,
  type TestIssuerOptions,
  type TestRequest,
} from './options.js';

/** The usual lifetime of a token, in seconds. */
const HOUR = 60 * 60;

/**
 * Creates an identity provider for tests. It signs tokens, and serves its keys and its discovery documents: in memory with
 * its `fetch`, or over HTTP after `listen`. Its `fail` makes it fail in a way that you choose.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG` for an option that is unknown or unusable.
 * @example
 * ```ts
 * import { createAuthClient } from 'intentkit-auth';
 * import { createTestIssuer } from 'intentkit-auth/testing';
 *
 * const issuer = await createTestIssuer({ audience: 'my-api' });
 * const auth = createAuthClient({ issuers: [{ issuer: issuer.url, audience: 'my-api', fetch: issuer.fetch }] });
 * const { valid } = await auth.verify(await issuer.token({ sub: 'user-1' }));
 * process.stdout.write(`${valid}\n`); // true
 * ```
 */
export async function createTestIssuer(options: TestIssuerOptions = {}): Promise<TestIssuer> {
  const checked = checkOptions(options, TEST_ISSUER_OPTIONS, 'createTestIssuer');
  const { algorithm = 'ES256', audience: usualAudience } = checked;
  let { url = 'https://issuer.test' } = checked;
  const keys = new IssuerKeys(algorithm);
  await keys.jwks();
  const requests: TestRequest[] = [];
  const closed = new AbortController();
  let fault: { name: TestFault; only: TestFaultOptions['only'] } | undefined;
  let server: Promise<HttpServer> | undefined;

  const jwksUrl = (): string => `${withoutTrailingSlash(url)}/.well-known/jwks.json`;

  const sign: SignClaims = async (claims, header = {}) => {
    const kid = keys.currentId;
    const key = await keys.get(kid);
    return key.sign(JSON.stringify(claims), { kid, typ: 'JWT', ...header, alg: algorithm });
  };
  const endpoints = new TokenEndpoints(sign);

  function standardClaims(lifetime: number, audience: string | string[] | undefined) {
    const now = secondsNow();
    const exp = now + Math.round(lifetime);
    return {
      iss: url,
      ...(audience !== undefined && { aud: audience }),
      iat: exp > now ? now : exp - HOUR,
      exp,
    };
  }

  async function served(request: TestRequest, path: string): Promise<Served | undefined> {
    if (request.method === 'POST') {
      if (path === '/token') return endpoints.exchange(request, url);
      return path === '/introspect' ? endpoints.introspect(request, url) : undefined;
    }
    if (path === new URL(jwksUrl()).pathname)
      return { kind: 'keys', path, document: { ...(await keys.jwks()) } };
    const isDiscovery = discoveryUrls(url).some(({ pathname }) => pathname === path);
    return isDiscovery
      ? { kind: 'discovery', path, document: metadata(url, jwksUrl(), algorithm) }
      : undefined;
  }

  async function answer(request: TestRequest): Promise<Reply> {
    requests.push(request);
    const now = fault;
    const [path = '', query] = request.path.split('?');
    if (path === authorizationUrl(jwksUrl()).pathname) return NO_LOGIN;
    const found = await served(request, path);
    if (!found) return { status: 404, headers: {}, body: 'The test issuer serves nothing here.' };
    const isFaulty = now && (now.only ?? found.kind) === found.kind && query !== REDIRECTED;
    return isFaulty ? faulty(now.name, found) : good(found);
  }

  const fetch = async (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    const request = new Request(input, init);
    const { origin, pathname, search } = new URL(request.url);
    if (origin !== new URL(url).origin)
      throw new TypeError(`The test issuer is at ${url}, not at ${origin}.`);
    const { method, headers } = request;
    const body = await request.clone().text();
    const answered = await answer({
      method,
      path: pathname + search,
      headers: Object.fromEntries(headers),
      ...(body !== '' && { body }),
    });
    return asResponse(answered, init?.signal ?? request.signal, closed.signal);
  };

  return {
    get url() {
      return url;
    },
    get jwksUrl() {
      return jwksUrl();
    },
    get keyId() {
      return keys.currentId;
    },
    requests,
    fetch: fetch as TestIssuer['fetch'],
    token: async (claims = {}, options = {}) => {
      const {
        expiresIn: lifetime = HOUR,
        audience = usualAudience,
        keyId: kid = keys.currentId,
        header = {},
      } = checkOptions(options, TEST_TOKEN_OPTIONS, 'token');
      const payload = { ...standardClaims(lifetime, audience), ...claims };
      const key = await keys.get(kid);
      const token = await key.sign(JSON.stringify(payload), { kid, typ: 'JWT', ...header, alg: algorithm });
      return endpoints.issued(token, payload);
    },
    opaqueToken: (claims = {}, options = {}) => {
      const { expiresIn: lifetime = HOUR, audience = usualAudience } = checkOptions(
        options,
        TEST_OPAQUE_TOKEN_OPTIONS,
        'opaqueToken',
      );
      return endpoints.opaque({ ...standardClaims(lifetime, audience), ...claims });
    },
    revokeToken: (token) => endpoints.revoke(token),
    rotate: (options = {}) => {
      const { keepOld = false } = checkOptions(options, TEST_ROTATION_OPTIONS, 'rotate');
      return keys.add(keepOld);
    },
    fail: (name, options = {}) => {
      const { only } = checkOptions(options, TEST_FAULT_OPTIONS, 'fail');
      fault = { name: checkValue(name, testFault, 'The fault'), only };
    },
    recover: () => {
      fault = undefined;
    },
    listen: async (options = {}) => {
      const { port = 0 } = checkOptions(options, TEST_LISTEN_OPTIONS, 'listen');
      server ??= startHttpServer(answer, port);
      const { origin } = await server.catch((error: unknown) => {
        server = undefined;
        throw error;
      });
      url = origin + url.replace(/^https?:\/\/[^/]*/, '');
    },
    close: async () => {
      closed.abort();
      await (await server)?.close();
      server = undefined;
    },
  };
}

const authorizationUrl = (jwksUrl: string): URL => new URL('/authorize', jwksUrl);

/** The reply of the authorization endpoint. */
const NO_LOGIN: Reply = {
  status: 501,
  headers: { 'content-type': 'text/plain' },
  body: 'The test issuer does not log users in. Create tokens with "token()", or use oidc-provider to test a login.',
};

/** The members that OAuth and OpenID Connect require. SDK 1.x of MCP refuses metadata without an authorization endpoint. */
const metadata = (issuer: string, jwksUrl: string, algorithm: string) => ({
  issuer,
  jwks_uri: jwksUrl,
  authorization_endpoint: authorizationUrl(jwksUrl).href,
  token_endpoint: new URL('/token', jwksUrl).href,
  introspection_endpoint: new URL('/introspect', jwksUrl).href,
  grant_types_supported: [
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
  ],
  response_types_supported: ['code'],
  subject_types_supported: ['public'],
  id_token_signing_alg_values_supported: [algorithm],
  code_challenge_methods_supported: ['S256'],
});
