import { randomBytes } from 'node:crypto';
import { type Call, compare } from '../compare.js';
import { byJwks, OURS } from '../contenders/ours.js';
import { createAuthClient, createDownstream, createIntrospection } from '../installed.js';
import { measured, ratio } from '../statistics.js';
import type { Row, Table } from '../table.js';
import { AUDIENCE, claimsOf, complete, goodToken, ISSUER, issuerOf, jwkOf } from '../tokens.js';

const CALLERS = 100;
const issuer = issuerOf('ES256');

/** A client of the issuer, and the answer to all its requests. What is remembered needs none. */
const server = (answer: object) => ({
  issuer: ISSUER,
  endpoint: `${ISSUER}endpoint`,
  clientId: 'mcp-server',
  clientAuth: { secret: randomBytes(32).toString('base64url') },
  fetch: async () => Response.json(answer),
});

/** Calls with one caller after the other. */
function forAll<Caller>(callers: readonly Caller[], call: (caller: Caller) => unknown): Call {
  let next = 0;
  return () => {
    const caller = callers[next % callers.length] as Caller;
    next += 1;
    return call(caller);
  };
}

function introspected(): Call {
  const answer = { active: true, ...complete(claimsOf()) };
  const introspection = createIntrospection({ ...server(answer), cacheMaxAge: '5s' });
  const auth = createAuthClient({ audience: AUDIENCE, introspection });
  const tokens = Array.from({ length: CALLERS }, () => randomBytes(32).toString('base64url'));
  return forAll(tokens, async (token) => {
    if (!(await auth.verify(token)).valid) throw new Error('An active token is refused.');
  });
}

function exchanged(): Call {
  const answer = { access_token: goodToken(issuer), token_type: 'Bearer', expires_in: 3600 };
  const orders = createDownstream(server(answer)).for({ audience: 'orders' });
  const callers = Array.from({ length: CALLERS }, () => {
    const extra = complete(claimsOf());
    return { token: goodToken(issuer, 0, extra), expiresAt: Number(extra.exp), extra };
  });
  return forAll(callers, async (caller) => {
    if ((await orders(caller)).token !== answer.access_token) throw new Error('Another token is returned.');
  });
}

const row = (name: string, create: () => Call): Row => ({
  name,
  async measure(rounds) {
    const verify = byJwks([jwkOf(issuer)]);
    const token = goodToken(issuer);
    const times = await compare({ verify: () => verify(token), remembered: create() }, rounds);
    return [
      measured(times('verify'), 'µs'),
      measured(times('remembered'), 'µs'),
      ratio(times('remembered'), times('verify')),
    ];
  },
});

export const remembered: Table = {
  title: 'Answers that are remembered',
  caption: `Time of one verification of ES256 by ${OURS}, and of what needs no request. The ratio is the second ÷ the first.`,
  head: ['verify ES256', 'remembered', 'ratio'],
  rows: [
    row('introspection, remembered for 5 s', introspected),
    row('token for another API, kept sealed', exchanged),
  ],
};
