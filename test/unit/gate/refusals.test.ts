import { createAuthClient, VERIFY_FAILURES } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createAnswers } from '../../../gate/answers.js';
import { parseGateOptions } from '../../../gate/config.js';
import { Refusal, refusalFor } from '../../../gate/refusals.js';
import {
  createGate,
  ISSUER,
  METADATA,
  outcomeOf,
  RESOURCE,
  requestWith,
  tokenWith,
} from '../../support/gate.js';
import { SECRET } from '../../support/secrets.js';
import { titled } from '../../support/titled.js';

const ALGORITHMS = 'ES256 ES384 ES512 EdDSA Ed25519 PS256 PS384 PS512 RS256 RS384 RS512';
const WHERE = `scope="mcp", resource_metadata="${METADATA}"`;
const bearer = (error: string, description: string): string =>
  `Bearer error="${error}", error_description="${description}", ${WHERE}`;
const dpop = (error: string, description: string): string =>
  `DPoP error="${error}", error_description="${description}", ${WHERE}, algs="${ALGORITHMS}"`;
const both = (error: string, description: string): string =>
  `${bearer(error, description)}, ${dpop(error, description)}`;
const NO_TOKEN = `Bearer ${WHERE}, DPoP ${WHERE}, algs="${ALGORITHMS}"`;

const past = (): number => Math.floor(Date.now() / 1000) - 1;
const bearerOf = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` });
const edited = (token: string): string => `${token.slice(0, -2)}${token.endsWith('AA') ? 'BB' : 'AA'}`;

describe('A bearer token is refused', () => {
  it.each(
    titled([
      {
        what: 'that is malformed',
        headers: () => bearerOf('a.b'),
        challenge: bearer('invalid_token', 'The token is malformed.'),
      },
      {
        what: 'of another algorithm',
        headers: () => bearerOf(tokenWith({}, { alg: 'HS384' })),
        challenge: bearer('invalid_token', 'The token is signed with an algorithm that is not accepted.'),
      },
      {
        what: 'whose signature was edited',
        headers: () => bearerOf(edited(tokenWith())),
        challenge: bearer('invalid_token', "The token's signature is invalid."),
      },
      {
        what: 'that has expired',
        headers: () => bearerOf(tokenWith({ exp: past() })),
        challenge: bearer('invalid_token', 'The token has expired.'),
      },
      {
        what: 'that has expired and also lacks a scope',
        headers: () => bearerOf(tokenWith({ exp: past(), scope: '' })),
        challenge: bearer('invalid_token', 'The token has expired.'),
      },
      {
        what: 'that never expires',
        headers: () => bearerOf(tokenWith({ exp: undefined })),
        challenge: bearer('invalid_token', 'The token has no expiry.'),
      },
      {
        what: 'that is not valid yet',
        headers: () => bearerOf(tokenWith({ nbf: past() + 60 })),
        challenge: bearer('invalid_token', 'The token is not valid yet.'),
      },
      {
        what: 'for another audience',
        headers: () => bearerOf(tokenWith({ aud: 'https://api.example.com' })),
        challenge: bearer('invalid_token', 'The token is not for this resource.'),
      },
      {
        what: 'of another issuer',
        headers: () => bearerOf(tokenWith({ iss: `${ISSUER}/` })),
        challenge: bearer('invalid_token', 'The token is from another issuer.'),
      },
      {
        what: 'that is bound to a key',
        headers: () => bearerOf(tokenWith({ cnf: { jkt: 'x' } })),
        challenge: bearer(
          'invalid_token',
          'This token is bound to a key and cannot be used as a bearer token.',
        ),
      },
      {
        what: 'that is bound to a certificate',
        headers: () => bearerOf(tokenWith({ cnf: { 'x5t#S256': 'x' } })),
        challenge: bearer(
          'invalid_token',
          'This token is bound to a key and cannot be used as a bearer token.',
        ),
      },
      {
        what: 'that is bound to nothing that can be read',
        headers: () => bearerOf(tokenWith({ cnf: null })),
        challenge: bearer(
          'invalid_token',
          'This token is bound to a key and cannot be used as a bearer token.',
        ),
      },
    ]),
  )('%s, with 401', async (_, { headers, challenge }) => {
    const outcome = await outcomeOf(await createGate().authenticate(requestWith(headers())));
    expect(outcome).toMatchObject({ status: 401, challenge });
  });

  it.each(['off', 'supported', 'required'] as const)(
    'that is bound to a key, also where "dpop" is "%s"',
    async (mode) => {
      const gate = createGate({ dpop: mode });
      const decision = await gate.authenticate(requestWith(bearerOf(tokenWith({ cnf: { jkt: 'x' } }))));
      expect(await outcomeOf(decision)).toMatchObject({ status: 401 });
    },
  );

  it('that lacks a scope, with 403 and all required scopes', async () => {
    const gate = createGate({ requiredScopes: ['mcp', 'files:read'] });
    const outcome = await outcomeOf(await gate.authenticate(requestWith(bearerOf(tokenWith()))));
    expect(outcome).toEqual({
      status: 403,
      challenge: `Bearer error="insufficient_scope", error_description="The token lacks a required scope.", scope="mcp files:read", resource_metadata="${METADATA}"`,
      body: { error: 'insufficient_scope', error_description: 'The token lacks a required scope.' },
    });
  });

  it('with a DPoP challenge where tokens must be bound to a key', async () => {
    const gate = createGate({ dpop: 'required' });
    const outcome = await outcomeOf(await gate.authenticate(requestWith(bearerOf(tokenWith()))));
    expect(outcome).toMatchObject({
      status: 401,
      challenge: dpop('invalid_token', 'The token must be sent with the DPoP scheme.'),
    });
  });

  it('for every reason of "verify", each with its own sentence', () => {
    const sentences = VERIFY_FAILURES.map((reason) => refusalFor(reason).description);
    expect(new Set(sentences).size).toBe(VERIFY_FAILURES.length);
    expect(sentences).not.toContain(refusalFor(undefined).description);
  });
});

describe('A request is refused', () => {
  it.each(
    titled([
      { what: 'without a token', headers: {}, status: 401, challenge: NO_TOKEN },
      {
        what: 'of another scheme',
        headers: { authorization: 'Basic YTpi' },
        status: 401,
        challenge: NO_TOKEN,
      },
      {
        what: 'with a scheme and no token',
        headers: { authorization: 'Bearer ' },
        status: 400,
        challenge: bearer('invalid_request', 'The Authorization value must be a scheme and one token.'),
      },
      {
        what: 'with more than a token',
        headers: { authorization: 'DPoP a b' },
        status: 400,
        challenge: dpop('invalid_request', 'The Authorization value must be a scheme and one token.'),
      },
      {
        what: 'with two Authorization values, both good',
        headers: [
          ['authorization', `Bearer ${tokenWith()}`],
          ['authorization', `Bearer ${tokenWith()}`],
        ] as [string, string][],
        status: 400,
        challenge: both('invalid_request', 'The request has more than one Authorization value.'),
      },
      {
        what: 'with two Authorization values of two schemes, joined by a comma',
        headers: { authorization: `Basic YTpi,Bearer ${tokenWith()}` },
        status: 400,
        challenge: both('invalid_request', 'The request has more than one Authorization value.'),
      },
      {
        what: 'with a token in the query, beside a good one',
        headers: bearerOf(tokenWith()),
        url: `${RESOURCE}?a=b&access%5Ftoken=x`,
        status: 400,
        challenge: both('invalid_request', 'The access token must not be in the query.'),
      },
    ]),
  )('%s', async (_, { headers, url, status, challenge }) => {
    const outcome = await outcomeOf(
      await createGate().authenticate(requestWith(headers, url ? { url } : {})),
    );
    expect(outcome).toMatchObject({ status, challenge });
  });

  it.each(['bearer', 'BEARER', 'Bearer '])('never for how it writes its scheme: "%s"', async (scheme) => {
    const decision = await createGate().authenticate(
      requestWith({ authorization: `${scheme} ${tokenWith()}` }),
    );
    expect(await outcomeOf(decision)).toMatchObject({ status: 200 });
  });

  it.each([
    { mode: 'off' as const, challenge: `Bearer ${WHERE}` },
    { mode: 'required' as const, challenge: `DPoP ${WHERE}, algs="${ALGORITHMS}"` },
  ])('with the one challenge that can be met where "dpop" is "$mode"', async ({ mode, challenge }) => {
    const outcome = await outcomeOf(await createGate({ dpop: mode }).authenticate(requestWith()));
    expect(outcome).toMatchObject({ status: 401, challenge });
  });

  it('without scopes in the challenge where none is required', async () => {
    const outcome = await outcomeOf(
      await createGate({ requiredScopes: [], dpop: 'off' }).authenticate(requestWith()),
    );
    expect(outcome.challenge).toBe(`Bearer resource_metadata="${METADATA}"`);
  });

  it('with an answer that caches must not store', async () => {
    const decision = await createGate().authenticate(requestWith());
    expect((decision as Response).headers.get('cache-control')).toBe('no-store');
  });
});

describe('The answer to a request', () => {
  /** As frameworks may do it, which have replaced `Response` or `writeHead`. */
  const spoil = (headers: Record<string, string>): void => {
    headers['www-authenticate'] = 'spoiled';
    headers['set-cookie'] = 'spoiled';
  };
  const HEADERS = {
    'cache-control': 'no-store',
    'content-type': 'application/json',
    'www-authenticate': NO_TOKEN,
  };

  it('is the same for the same refusal, and shares nothing with the answer to another request', async () => {
    const gate = createGate();
    const [first, second] = [await gate.authenticate(requestWith()), await gate.authenticate(requestWith())];
    if (!(first instanceof Response) || !(second instanceof Response)) throw new Error('It was admitted.');
    first.headers.set('www-authenticate', 'spoiled');
    expect(await first.text()).toBe(await second.text());
    expect(Object.fromEntries(second.headers)).toEqual(HEADERS);
  });

  it('gives no two responses the same headers, whatever their class does with them', async () => {
    const seen: unknown[] = [];
    class KeepingResponse extends Response {
      constructor(body: BodyInit | null, init: { status: number; headers: Record<string, string> }) {
        super(body, init);
        seen.push({ ...init.headers });
        spoil(init.headers);
      }
    }
    vi.stubGlobal('Response', KeepingResponse);
    const gate = createGate();
    await gate.authenticate(requestWith());
    await gate.authenticate(requestWith());
    expect(seen).toEqual([HEADERS, HEADERS]);
  });

  it('gives no two calls of writeHead the same headers, whatever becomes of them', async () => {
    const protect = createGate().node();
    const seen: unknown[] = [];
    for (let count = 0; count < 2; count += 1) {
      await new Promise((resolve) => {
        const writeHead = (_: number, headers: Record<string, string>): void => {
          seen.push({ ...headers });
          spoil(headers);
        };
        protect({ rawHeaders: [] }, { writeHead, end: resolve }, () => {});
      });
    }
    expect(seen).toEqual([HEADERS, HEADERS]);
  });

  it('has the challenge of its scheme, whatever was answered to the same refusal before', async () => {
    const gate = createGate();
    const challengeFor = async (authorization: string): Promise<string | null> =>
      (await outcomeOf(await gate.authenticate(requestWith({ authorization })))).challenge;
    const description = 'The Authorization value must be a scheme and one token.';
    const [asBearer, asDpop] = [bearer('invalid_request', description), dpop('invalid_request', description)];
    const challenges = [
      await challengeFor('Bearer '),
      await challengeFor('DPoP '),
      await challengeFor('Bearer '),
    ];
    expect(challenges).toEqual([asBearer, asDpop, asBearer]);
  });
});

describe('When a token cannot be verified right now', () => {
  it('a gate answers 503 with Retry-After and without a challenge, and admits once the provider is back', async () => {
    vi.useFakeTimers({ toFake: ['Date', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const issuer = await createTestIssuer({ audience: RESOURCE });
    issuer.fail('500');
    const auth = createAuthClient({
      jwksUrl: issuer.jwksUrl,
      jwks: { fetch: issuer.fetch },
      issuer: issuer.url,
      audience: RESOURCE,
      onWarning: () => {},
    });
    const gate = protectMcp(auth, { resource: RESOURCE });

    const token = await issuer.token();
    const refused = (await gate.authenticate(requestWith(bearerOf(token)))) as Response;
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(refused.headers.has('www-authenticate')).toBe(false);
    expect(await refused.json()).toEqual({
      error: 'temporarily_unavailable',
      error_description: 'The token cannot be verified right now.',
    });

    issuer.recover();
    await vi.advanceTimersByTimeAsync(5000);
    expect(await gate.authenticate(requestWith(bearerOf(token)))).toHaveProperty('token');
  });

  it.each([
    { says: 12.2, header: '13' },
    { says: Number.NaN, header: '5' },
    { says: '60', header: '5' },
  ])('a gate waits for what the error says in seconds: $says', async ({ says, header }) => {
    const { AuthError } = await import('intentkit-auth');
    const error = Object.assign(new AuthError('ERR_JWKS_UNAVAILABLE', 'No verdict.'), { retryAfter: says });
    const auth = Object.assign(createAuthClient({ secret: '0123456789abcdef'.repeat(2) }), {
      verify: () => Promise.reject(error),
    });
    const gate = protectMcp(auth, { resource: RESOURCE, authorizationServers: [ISSUER] });
    const refused = (await gate.authenticate(requestWith(bearerOf(tokenWith())))) as Response;
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, header]);
  });
});

it('A challenge escapes quotes and backslashes', () => {
  const auth = createAuthClient({ secret: SECRET, issuer: ISSUER });
  const answerTo = createAnswers(parseGateOptions(auth, { resource: RESOURCE }, 'protectApi'), [], []);
  const { headers } = answerTo(new Refusal(401, 'invalid_token', String.raw`a "b" \ c`), 'Bearer');
  expect(headers['www-authenticate']).toContain(String.raw`error_description="a \"b\" \\ c"`);
});
