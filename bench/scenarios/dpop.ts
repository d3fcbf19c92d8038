import { createDpopKey } from '../../test/support/dpop.js';
import { startJwksServer } from '../../test/support/jwks-server.js';
import { DPOP_CONTENDERS, keysOf, type Prepare, type Proved, RESOURCE } from '../contenders/dpop.js';
import { OURS } from '../contenders/ours.js';
import { inRounds } from '../rounds.js';
import { measured, ratio } from '../statistics.js';
import type { Row, Table } from '../table.js';
import { type Algorithm, goodToken, issuerOf, tampered } from '../tokens.js';

const NAMES = Object.keys(DPOP_CONTENDERS);
const [, ...PEERS] = NAMES;
const REQUESTS = 40;

const row = (algorithm: Algorithm): Row => ({
  name: `DPoP, ${algorithm}`,
  async measure(rounds) {
    const issuer = issuerOf(algorithm);
    const server = await startJwksServer({ keys: keysOf(issuer) });
    const key = createDpopKey();
    const changes = { aud: RESOURCE, client_id: 'agent', cnf: { jkt: key.thumbprint } };
    const token = goodToken(issuer, 0, changes);
    const proved = (url = RESOURCE): Proved => ({ token, proof: key.proof('POST', url, token) });

    const contenders: Record<string, Prepare> = {};
    for (const [name, create] of Object.entries(DPOP_CONTENDERS)) {
      const prepare = create({ issuer, key, jwksUrl: server.url });
      contenders[name] = prepare;
      const isAdmitted = async (request: Proved) => prepare(request)();
      if (!(await isAdmitted(proved()))) throw new Error(`${name} refuses a valid proof.`);
      const invalid = [proved(`${RESOURCE}/other`), { token, proof: tampered(proved().proof) }];
      for (const request of invalid)
        if (await isAdmitted(request).catch(() => false))
          throw new Error(`${name} accepts an invalid proof.`);
    }
    /** Returns microseconds per request. Each request has a proof of its own, made before the time is taken. */
    const turn = async (prepare: Prepare): Promise<number> => {
      const checks = Array.from({ length: REQUESTS }, () => prepare(proved()));
      const began = performance.now();
      for (const check of checks) if (!(await check())) throw new Error('A valid proof is refused.');
      return ((performance.now() - began) * 1000) / REQUESTS;
    };
    await inRounds(10, contenders, turn); // Lets V8 compile the code.
    const times = await inRounds(rounds, contenders, turn);
    await server.close();
    return [measured(times(OURS), 'µs'), ...PEERS.map((peer) => ratio(times(peer), times(OURS)))];
  },
});

export const dpop: Table = {
  title: 'A request with a DPoP proof',
  caption: `Time to check the token and a new proof, both without HTTP. Above 1.00, ${OURS} is faster.`,
  head: [OURS, ...PEERS.map((peer) => `× ${peer}`)],
  rows: [row('HS256'), row('ES256')],
};
