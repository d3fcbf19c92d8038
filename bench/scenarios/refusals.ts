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
    const good = goodToken(issuer);
    // Who was given the one key does not look at its id, and accepts this token.
    const otherKey = { ...issuer, header: { ...issuer.header, kid: 'absent' } };
    const bads = { ...badTokens(issuer), 'unknown key': goodToken(otherKey) };
    const dearest: Measured[] = [];
    for (const verify of Object.values(await verifiersOf(issuer, 1, LIBRARIES))) {
      const calls: Record<string, Call> = { good: () => accepts(verify, good) };
      for (const [kind, bad] of Object.entries(bads))
        if (!(await accepts(verify, bad))) calls[kind] = () => accepts(verify, bad);
      const times = await compare(calls, rounds);
      const [, ...kinds] = Object.keys(calls);
      const costs = kinds.map((kind) => ratio(times(kind), times('good'), `× ${kind}`));
      dearest.push(costs.reduce((most, cost) => (cost.median > most.median ? cost : most)));
    }
    return dearest;
  },
});

export const refusals: Table = {
  title: 'Refusing a token',
  caption: 'Time of the dearest refusal ÷ time of an acceptance: above 1.00, refusing costs more.',
  head: LIBRARIES,
  rows: [row('HS256'), row('ES256')],
};
