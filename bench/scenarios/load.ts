import { monitorEventLoopDelay } from 'node:perf_hooks';
import { verifiersOf } from '../contenders/all.js';
import type { OnToken } from '../contenders/contender.js';
import { OURS } from '../contenders/ours.js';
import type { Latencies } from '../http-load.js';
import { startLoadedServer } from '../http-server.js';
import { inRounds } from '../rounds.js';
import { measured, ratio } from '../statistics.js';
import type { Row, Table } from '../table.js';
import { type Algorithm, goodToken, issuerOf } from '../tokens.js';

const LIBRARIES = [OURS, 'jose'];
export const CONNECTIONS = 32;
const REQUESTS = 50 * CONNECTIONS;

interface Turn extends Latencies {
  readonly perSecond: number;
  readonly delay: number;
}

const row = (algorithm: Algorithm): Row => ({
  name: `load ${algorithm}`,
  async measure(rounds) {
    const issuer = issuerOf(algorithm);
    const contenders = await verifiersOf(issuer, CONNECTIONS, LIBRARIES);
    const server = await startLoadedServer(goodToken(issuer), REQUESTS, CONNECTIONS);
    const turn = async (contender: OnToken): Promise<Turn> => {
      const loop = monitorEventLoopDelay({ resolution: 1 });
      const began = performance.now();
      loop.enable();
      const latencies = await server.serve(contender);
      loop.disable();
      const perSecond = (REQUESTS * 1000) / (performance.now() - began);
      return { ...latencies, perSecond, delay: loop.percentile(99) / 1e6 };
    };
    await inRounds(3, contenders, turn); // Lets V8 compile the code.
    const turns = await inRounds(rounds, contenders, turn);
    await server.close();
    const of = (name: string, figure: keyof Turn): number[] => turns(name).map((each) => each[figure]);
    const speedup = ratio(of(OURS, 'perSecond'), of('jose', 'perSecond'));
    const figures = LIBRARIES.flatMap((name) => [
      measured(of(name, 'perSecond'), '/s'),
      measured(of(name, 'p50'), 'ms'),
      measured(of(name, 'p99'), 'ms'),
      measured(of(name, 'delay'), 'ms'),
    ]);
    return [speedup, ...figures];
  },
});

export const load: Table = {
  title: 'A server under load',
  caption: `Requests per second over ${CONNECTIONS} connections, the time of a request at the median and the 99th percentile, and the 99th percentile of the event-loop delay. Above 1.00 × jose, ${OURS} serves more requests.`,
  head: ['× jose', ...LIBRARIES.flatMap((name) => [name, 'p50', 'p99', 'loop delay'])],
  rows: [row('ES256'), row('EdDSA'), row('RS256')],
};
