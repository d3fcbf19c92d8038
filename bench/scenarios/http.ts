import { verifiersOf } from '../contenders/all.js';
import type { OnToken } from '../contenders/contender.js';
import { OURS } from '../contenders/ours.js';
import { startLoadedServer } from '../http-server.js';
import { inRounds, type Turns } from '../rounds.js';
import { measured } from '../statistics.js';
import type { Row, Table } from '../table.js';
import { type Algorithm, goodToken, issuerOf } from '../tokens.js';

const LIBRARIES = [OURS, 'jose', 'fast-jwt'];
const REQUESTS = 400;
const CONNECTIONS = 8;

const row = (algorithm: Algorithm): Row => ({
  name: `http ${algorithm}`,
  async measure(rounds) {
    const issuer = issuerOf(algorithm);
    const contenders = await verifiersOf(issuer, 1, LIBRARIES);
    contenders.none = () => ({});
    const server = await startLoadedServer(goodToken(issuer), REQUESTS, CONNECTIONS);
    /** Returns this process's processor time per request, in microseconds. */
    const turn = async (contender: OnToken): Promise<number> => {
      const before = process.cpuUsage();
      await server.serve(contender);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / REQUESTS;
    };
    await inRounds(5, contenders, turn); // Lets V8 compile the code.
    const times = await inRounds(rounds, contenders, turn);
    await server.close();
    const none = measured(times('none'), 'µs');
    const share = (own: Turns) =>
      measured(
        own.map((time) => 100 * (1 - none.median / time)),
        '%',
      );
    return [none, ...LIBRARIES.map(times).flatMap((own) => [measured(own, 'µs'), share(own)])];
  },
});

export const http: Table = {
  title: 'Share of an HTTP request',
  caption:
    'Processor time of a node:http server per request, and the share that verifying the bearer token takes.',
  head: ['empty handler', ...LIBRARIES.flatMap((library) => [library, 'share'])],
  rows: [row('HS256'), row('ES256')],
};
