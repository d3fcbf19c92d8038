import { compare } from '../compare.js';
import { byJwks, OURS } from '../contenders/ours.js';
import { type Measured, measured, ratio } from '../statistics.js';
import type { Table } from '../table.js';
import { goodToken, issuerOf, jwkOf } from '../tokens.js';

async function measure(rounds: number): Promise<Measured[]> {
  const issuer = issuerOf('ES256');
  const token = goodToken(issuer);
  const others = Array.from({ length: 999 }, () => jwkOf(issuerOf('ES256')));
  const [withOne, withMany] = [byJwks([jwkOf(issuer)]), byJwks([...others, jwkOf(issuer)])];
  const times = await compare({ one: () => withOne(token), many: () => withMany(token) }, rounds);
  return [measured(times('one'), 'µs'), measured(times('many'), 'µs'), ratio(times('many'), times('one'))];
}

export const manyKeys: Table = {
  title: 'A JWKS of 1,000 keys',
  caption: `Time of one verification by ${OURS}. The ratio is the time with 1,000 keys ÷ the time with one.`,
  head: ['1 key', '1,000 keys', 'ratio'],
  rows: [{ name: 'many keys, ES256', measure }],
};
