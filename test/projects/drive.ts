import { deepEqual, match } from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TestIssuer } from 'intentkit-auth/testing';

/** The paths of a server. */
export interface Routes {
  /** GET needs the scope `api`, and tells the client and the scopes of the token. */
  readonly read: string;
  /** PUT needs `files:write` too. */
  readonly write: string;
  /** GET admits requests without a token, and tells the subject of the token. */
  readonly news?: string;
}

export interface Providers {
  /** The issuer that the server trusts. */
  readonly issuer: TestIssuer;
  /** Says that it is that issuer, and signs with other keys under the same key ids. */
  readonly impostor: TestIssuer;
}

type Request = readonly [method: 'GET' | 'PUT', path: string, token?: string];

/** In milliseconds. */
const LONGEST_ANSWER = 20_000;
/** Clients wait a second or two before they fetch keys again. */
const LONGEST_OUTAGE = 30_000;

/**
 * Asks a server that has just started while its issuer is down, and again after the issuer has recovered.
 *
 * @returns the number of right answers. It throws at the first wrong one.
 */
export async function drive(url: string, resource: string, routes: Routes, providers: Providers) {
  const { issuer, impostor } = providers;
  const { read, write, news } = routes;
  const token = (scope: string, options = {}) =>
    issuer.token({ sub: 'user-1', client_id: 'agent', scope }, options);
  const ask = ([method, path, credentials]: Request): Promise<Response> =>
    fetch(new URL(path, url), {
      method,
      headers: credentials === undefined ? {} : { authorization: `Bearer ${credentials}` },
      signal: AbortSignal.timeout(LONGEST_ANSWER),
    });
  let right = 0;
  const expectRefusal = async (what: string, request: Request, status: number, challenge?: RegExp) => {
    const { status: found, headers } = await ask(request);
    deepEqual([what, found], [what, status]);
    const field = status === 503 ? 'retry-after' : 'www-authenticate';
    match(headers.get(field) ?? '', challenge ?? /^[1-9]\d*$/, what);
    right++;
  };
  const expectBody = async (what: string, request: Request, body: object): Promise<void> => {
    const response = await ask(request);
    deepEqual([what, response.status, await response.json()], [what, 200, body]);
    right++;
  };

  const good = await token('api');
  const all = await token('api files:write');
  await expectRefusal('no keys at startup', ['GET', read, good], 503);
  await expectRefusal('no keys at startup, PUT', ['PUT', write, all], 503);

  issuer.recover();
  const end = performance.now() + LONGEST_OUTAGE;
  while (performance.now() < end && (await ask(['GET', read, good])).status === 503) await sleep(200);

  const metadata = `${new URL(resource).origin}/.well-known/oauth-protected-resource`;
  const noToken = new RegExp(`^Bearer scope="api files:write", resource_metadata="${metadata}"`);
  const invalid = /^Bearer error="invalid_token"/;
  const lacking = (scope: string) => new RegExp(`^Bearer error="insufficient_scope".* scope="${scope}"`);
  const forged = await impostor.token(
    { sub: 'user-1', client_id: 'agent', scope: 'api files:write' },
    { keyId: issuer.keyId, audience: resource },
  );
  const bad = {
    expired: await token('api files:write', { expiresIn: '-1m' }),
    'of another API': await token('api files:write', { audience: 'https://other.example.com' }),
    forged,
  };
  for (const request of [['GET', read] as const, ['PUT', write] as const]) {
    const [method] = request;
    await expectRefusal(`no token, ${method}`, request, 401, noToken);
    for (const [what, credentials] of Object.entries(bad)) {
      await expectRefusal(`${what}, ${method}`, [...request, credentials], 401, invalid);
    }
  }
  await expectRefusal('missing scope', ['GET', read, await token('other')], 403, lacking('api'));
  await expectRefusal('missing scope, PUT', ['PUT', write, good], 403, lacking('api files:write'));
  await expectBody('good', ['GET', read, good], { clientId: 'agent', scopes: ['api'] });
  await expectBody('good, PUT', ['PUT', write, all], { written: true });
  if (news !== undefined) {
    await expectBody('optional, without a token', ['GET', news], { reader: null });
    await expectBody('optional, good', ['GET', news, good], { reader: 'user-1' });
    await expectRefusal('optional, forged', ['GET', news, forged], 401, invalid);
  }
  const published = await ask(['GET', '/.well-known/oauth-protected-resource']);
  const { resource: told, authorization_servers: servers } = (await published.json()) as Record<
    string,
    unknown
  >;
  deepEqual([told, servers], [resource, [issuer.url]]);
  return right + 1;
}
