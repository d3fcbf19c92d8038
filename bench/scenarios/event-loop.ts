import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { verifiersOf } from '../contenders/all.js';
import type { OnToken } from '../contenders/contender.js';
import { OURS } from '../contenders/ours.js';
import { inRounds } from '../rounds.js';
import { type Measured, measured } from '../statistics.js';
import type { Table } from '../table.js';
import { goodToken, issuerOf } from '../tokens.js';

const LIBRARIES = [OURS, 'jose', 'fast-jwt'];

async function measure(rounds: number): Promise<Measured[]> {
  const issuer = issuerOf('ES512');
  const token = goodToken(issuer);
  /** Returns how late a timer fires, at the 99th percentile, in milliseconds. */
  const turn = async (verify: OnToken): Promise<number> => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const end = performance.now() + 1000;
    const verifyOften = async (): Promise<void> => {
      // Like a server's next request, the next verification starts in a new turn of the event loop.
      for (; performance.now() < end; await setImmediate()) await verify(token);
    };
    delay.enable();
    await Promise.all(Array.from({ length: 64 }, verifyOften));
    delay.disable();
    return delay.percentile(99) / 1e6;
  };
  const verifiers = await verifiersOf(issuer, 64, LIBRARIES);
  // A 99th percentile needs turns of a second, so there are fewer rounds than elsewhere.
  const delays = await inRounds(Math.min(rounds, 9), verifiers, turn);
  return LIBRARIES.map((name) => measured(delays(name), 'ms'));
}

export const eventLoop: Table = {
  title: 'Event-loop delay',
  caption: 'The 99th percentile of the event-loop delay during 64 concurrent verifications: less is better.',
  head: LIBRARIES,
  rows: [{ name: 'event loop, ES512', measure }],
};
