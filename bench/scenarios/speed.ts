import { type Calls, compare } from '../compare.js';
import { CONTENDERS, NAMES, signersOf, verifiersOf } from '../contenders/all.js';
import type { OnToken } from '../contenders/contender.js';
import { OURS } from '../contenders/ours.js';
import { measured, ratio } from '../statistics.js';
import type { Row, Table } from '../table.js';
import { type Algorithm, goodToken, issuerOf } from '../tokens.js';

const PEERS = NAMES.slice(1);
const ALGORITHMS: readonly Algorithm[] = ['HS256', 'RS256', 'PS256', 'ES256', 'EdDSA'];

/** Shows our time, and our speed ÷ that of each other library. */
const row = (name: string, atOnce: number, contenders: () => Promise<Calls>): Row => ({
  name,
  async measure(rounds) {
    const times = await compare(await contenders(), rounds, atOnce);
    return [measured(times(OURS), 'µs'), ...PEERS.map((peer) => ratio(times(peer), times(OURS)))];
  },
});

const withToken = (functions: Readonly<Record<string, OnToken>>, token: string): Calls =>
  Object.fromEntries(Object.entries(functions).map(([name, onToken]) => [name, () => onToken(token)]));

const verify = (algorithm: Algorithm, atOnce: number, kilobytes = 0): Row =>
  row(`verify ${algorithm}${kilobytes ? `, ${kilobytes} KB` : ''}`, atOnce, async () => {
    const issuer = issuerOf(algorithm);
    return withToken(await verifiersOf(issuer, atOnce), goodToken(issuer, kilobytes));
  });

const sign = (algorithm: Algorithm, atOnce: number): Row =>
  row(`sign ${algorithm}`, atOnce, () => signersOf(issuerOf(algorithm), atOnce));

const decode = row('decode', 1, async () => {
  const decoders = CONTENDERS.flatMap(({ name, decoder }) => (decoder ? [[name, decoder]] : []));
  return withToken(Object.fromEntries(decoders), goodToken(issuerOf('HS256')));
});

const caption = `Time per call, and the speed of ${OURS} ÷ that of each library: above 1.00, ${OURS} is faster.`;
const head = [OURS, ...PEERS.map((peer) => `× ${peer}`)];

const table = (title: string, atOnce: number, others: readonly Row[]): Table => ({
  title,
  caption,
  head,
  rows: [
    ...(['HS256', 'ES256', 'EdDSA'] as const).map((algorithm) => sign(algorithm, atOnce)),
    ...ALGORITHMS.map((algorithm) => verify(algorithm, atOnce)),
    ...[16, 60].map((kilobytes) => verify('HS256', atOnce, kilobytes)),
    ...others,
  ],
});

export const oneAtATime = table('Speed, one call at a time', 1, [decode]);
// Decoding is synchronous, so it cannot run concurrently.
export const manyAtOnce = table('Speed, 64 calls at once', 64, []);

/** How the speed changes with the number of calls, for the signatures that may use the thread pool, and for RS256. */
export const fewToMany: Table = {
  title: 'Speed, 4, 16 and 256 calls at once',
  caption,
  head,
  rows: (['RS256', 'PS256', 'ES256', 'EdDSA'] as const).flatMap((algorithm) =>
    [4, 16, 256].map((atOnce) => {
      const { name, measure } = verify(algorithm, atOnce);
      return { name: `${name}, ${atOnce} at once`, measure };
    }),
  ),
};
