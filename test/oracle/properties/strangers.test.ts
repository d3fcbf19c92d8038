// Requests of strangers to a gate. An exception that nothing catches would end the process of a server.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { createAuthClient } from 'intentkit-auth';
import { createTokenVerifier, type NodeRequest, protectMcp } from 'intentkit-auth/mcp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { z } from 'zod';
import { createDpopKey } from '../../support/dpop.js';
import { ISSUER, RESOURCE, SECRET, tokenWith } from '../../support/gate.js';
import { base64url, signature } from '../../support/mint.js';
import { allowTime, PARAMETERS, seeded } from './seed.js';
import { anyTexts, anything, signedTokens } from './tokens.js';

// Each case needs a connection of its own.
const RUNS = { ...PARAMETERS, numRuns: Math.ceil(PARAMETERS.numRuns / 4) };
allowTime(RUNS.numRuns);

const auth = createAuthClient({ secret: SECRET, issuer: ISSUER, audience: RESOURCE });
const options = { resource: RESOURCE, publicTools: ['search'] };
const claims = z.object({ role: z.string() });
const GATES = [protectMcp(auth, options), protectMcp(auth, { ...options, dpop: 'required', claims })];
const MIDDLEWARE = GATES.map((gate) => gate.node());
const METADATA = GATES.map((gate) => gate.nodeMetadata());
const HANDLERS = GATES.map((gate) =>
  gate.fetch(async (_, { authInfo }) => new Response(null, { status: authInfo ? 202 : 200 })),
);
const verifier = createTokenVerifier(auth, {
  resource: RESOURCE,
  invalidToken: (message) => new RangeError(message),
});

const key = createDpopKey();
const TOKENS = [tokenWith({ exp: 4e9 }), tokenWith({ exp: 4e9, role: 'x', cnf: { jkt: key.thumbprint } })];
const PUBLIC = { jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'search' } };

const uncaught: unknown[] = [];
const note = (error: unknown): void => {
  uncaught.push(error);
  // A request without an answer would wait.
  server.closeAllConnections();
};
const next = { gate: 0, body: undefined as unknown };
let server: Server;
beforeAll(async () => {
  process.on('uncaughtException', note).on('unhandledRejection', note);
  server = createServer((request, response) => {
    const withBody: NodeRequest = Object.defineProperty(request, 'body', { get: () => next.body });
    METADATA[next.gate]?.(withBody, response, () =>
      MIDDLEWARE[next.gate]?.(withBody, response, () => response.writeHead(withBody.auth ? 202 : 200).end()),
    );
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});
afterAll(() => {
  process.off('uncaughtException', note).off('unhandledRejection', note);
  server.close().closeAllConnections();
});

const bytes = fc.uint8Array({ maxLength: 30 }).map((all) => Buffer.from(all).toString('latin1'));
const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom<unknown>(null, 1e308, '\ud800', {}, ['x']),
);
const oddly = (...names: string[]) => fc.dictionary(fc.constantFrom(...names), odd, { maxKeys: 2 });

const tokens = fc.oneof(
  fc.constantFrom(...TOKENS),
  signedTokens,
  anyTexts,
  bytes,
  fc
    .tuple(oddly('aud', 'exp', 'iss', 'cnf', 'scope', 'role'), oddly('typ', 'kid', 'crit'))
    .map((parts) => tokenWith(...parts)),
);
const authorizations = fc
  .tuple(fc.constantFrom('Bearer ', 'DPoP ', 'bearer  ', 'Basic ', ''), tokens)
  .map((parts) => parts.join(''));
const proofs = fc.oneof(
  bytes,
  anyTexts,
  fc
    .tuple(
      oddly('htm', 'htu', 'iat', 'ath', 'jti', 'exp'),
      oddly('typ', 'alg', 'crit', 'jwk'),
      oddly('kty', 'crv', 'x', 'alg', 'use', 'key_ops', 'd'),
    )
    .map(([claims, header, jwk]) =>
      key.proof('POST', RESOURCE, TOKENS[1] ?? '', {
        claims,
        header: { jwk: { ...key.jwk, ...jwk }, ...header },
      }),
    ),
);
const names = fc.oneof(
  bytes,
  fc.constantFrom('search', 'tools/call', '__proto__'),
  fc.oneof(bytes, fc.base64String()).map((encoded) => `=?base64?${encoded}?=`),
);
const field = fc.oneof(
  fc.tuple(fc.constant('Authorization'), authorizations),
  fc.tuple(fc.constant('DPoP'), proofs),
  fc.tuple(fc.constantFrom('Mcp-Method', 'Mcp-Name'), names),
  fc.tuple(fc.constantFrom('__proto__', 'constructor', 'Forwarded'), bytes),
);
const headers = fc.oneof(
  fc.array(field, { maxLength: 4 }),
  proofs.map((proof) => [['Authorization', `DPoP ${TOKENS[1]}`] as const, ['DPoP', proof] as const]),
);
const paths = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.constantFrom(
      '/mcp',
      '/mcp',
      '/mcp?access_token=x',
      '/.well-known/oauth-protected-resource',
    ),
  },
  fc.constantFrom(
    '*',
    '//',
    '/%',
    '/\\',
    '/..',
    'x',
    'http://[/.well-known/oauth-protected-resource',
    'a:/.well-known/openid-configuration',
  ),
  bytes,
);
const methods = fc.constantFrom('POST', 'POST', 'POST', 'GET', 'HEAD', 'OPTIONS', 'CONNECT', 'QUERY', 'x');
const messages = fc.oneof(
  fc.constant(PUBLIC),
  oddly('jsonrpc', 'id', 'method', 'params', '__proto__').map((changes) => ({ ...PUBLIC, ...changes })),
  odd,
);
const failing = (): never => {
  throw new Error('The parser failed.');
};
const bodies = fc.oneof(
  messages,
  anything,
  fc.constantFrom(Buffer.from('{}'), new Proxy({}, { ownKeys: failing })),
);

/** Sends bytes, and resolves with the status of the answer, if there is one. */
async function statusOf(request: string): Promise<number | undefined> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.on('error', () => {}).write(request, 'latin1');
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(await text(socket)) ?? [];
  return status === undefined ? undefined : Number(status);
}

/** Whether a text ends with a token that is signed with the secret. */
function isSigned(value: string): boolean {
  const [, input = '', made = ''] = /([\w-]+\.[\w-]+)\.([\w-]+)$/.exec(value) ?? [];
  return base64url(signature('HS256', input, SECRET)) === made;
}

/** Node refuses some requests itself: with 400, with 431, or without an answer. */
const ALLOWED = [200, 202, 204, 400, 401, 403, 404, 405, 431, undefined];
const seen = new Map<number | undefined, number>();
/** Nothing was thrown, and nobody was admitted without a token. */
async function check(
  status: number | undefined,
  sent: readonly (readonly [string, string])[],
): Promise<void> {
  await setImmediate();
  expect(uncaught.splice(0)).toEqual([]);
  expect(ALLOWED).toContain(status);
  if (status === 202) expect(sent.some(([, value]) => isSigned(value))).toBe(true);
  seen.set(status, (seen.get(status) ?? 0) + 1);
}

it(seeded('No request over HTTP ends the process, or is admitted without a valid token'), async () => {
  const property = fc.asyncProperty(
    methods,
    paths,
    headers,
    bodies,
    fc.nat({ max: 1 }),
    async (method, path, sent, body, gate) => {
      Object.assign(next, { gate, body });
      const lines = [['Host', 'x'], ['Connection', 'close'], ...sent].map(
        (field) => `${field.join(': ').replace(/[\r\n]/g, '')}\r\n`,
      );
      await check(await statusOf(`${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), sent);
    },
  );
  await fc.assert(property, RUNS);
});

it(seeded('No request to `fetch` makes it throw, or is admitted without a valid token'), async () => {
  const property = fc.asyncProperty(
    headers,
    messages,
    fc.boolean(),
    tokens,
    async (sent, message, breaksOff, token) => {
      const given = new Headers();
      for (const [name, value] of sent) {
        const legal = value.replace(/[^ -~\x80-\xff]/g, '');
        given.append(name, legal);
      }
      for (const handler of HANDLERS) {
        const body = new ReadableStream({
          pull: (controller) => {
            controller.enqueue(Buffer.from(JSON.stringify(message)));
            if (breaksOff) controller.error(new Error('The connection broke off.'));
            else controller.close();
          },
        });
        const request = new Request(RESOURCE, {
          method: 'POST',
          headers: given,
          body,
          duplex: 'half',
        } as RequestInit);
        await check((await handler(request)).status, sent);
      }
      const refused = await verifier.verifyAccessToken(token).catch((error: unknown) => error);
      if (!isSigned(token)) expect(refused).toBeInstanceOf(RangeError);
    },
  );
  await fc.assert(property, RUNS);
  // The generators must also produce requests that pass.
  expect(seen.get(200)).toBeGreaterThan(RUNS.numRuns / 100);
  expect(seen.get(202)).toBeGreaterThan(RUNS.numRuns / 100);
});
