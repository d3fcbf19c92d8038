import { type Call, compare } from '../compare.js';
import { accepts, verifiersOf } from '../contenders/all.js';
import { OURS } from '../contenders/ours.js';
import { type Measured, ratio } from '../statistics.js';
import type { Row, Table } from '../table.js';
import { type Algorithm, badTokens, goodToken, issuerOf } from '../tokens.js';

const LIBRARIES = [OURS, 'jose', 'jsonwebtoken', 'fast-jwt'];

const row = (algorithm: Algorithm): Row => ({
  name: `refuse ${algorithm}`,
  async measure(rounds) {
    const issuer = issuerOf(algorithm);
    const valid = goodToken(issuer);
    // A library that was given a single key ignores the key id and accepts this token.
    const otherKey = { ...issuer, header: { ...issuer.header, kid: 'absent' } };
    const invalid = { ...badTokens(issuer), 'unknown key': goodToken(otherKey) };
    const slowest: Measured[] = [];
    for (const verify of Object.values(await verifiersOf(issuer, 1, LIBRARIES))) {
      const calls: Record<string, Call> = { valid: () => accepts(verify, valid) };
      for (const [kind, token] of Object.entries(invalid))
        if (!(await accepts(verify, token))) calls[kind] = () => accepts(verify, token);
      const times = await compare(calls, rounds);
      const [, ...kinds] = Object.keys(calls);
      const costs = kinds.map((kind) => ratio(times(kind), times('valid'), `× ${kind}`));
      slowest.push(costs.reduce((most, cost) => (cost.median > most.median ? cost : most)));
    }
    return slowest;
  },
});

export const refusals: Table = {
  title: 'Refusing a token',
  caption: 'Time of the slowest refusal ÷ time of an acceptance: above 1.00, refusing takes longer.',
  head: LIBRARIES,
  rows: [row('HS256'), row('ES256')],
};
