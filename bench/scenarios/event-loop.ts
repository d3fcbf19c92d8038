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
  /** The 99th percentile, in milliseconds, of how late a timer is. */
  const turn = async (verify: OnToken): Promise<number> => {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    const end = performance.now() + 1000;
    const verifyOften = async (): Promise<void> => {
      // The next request comes in a turn of the loop of its own.
      for (; performance.now() < end; await setImmediate()) await verify(token);
    };
    delay.enable();
    await Promise.all(Array.from({ length: 64 }, verifyOften));
    delay.disable();
    return delay.percentile(99) / 1e6;
  };
  const verifiers = await verifiersOf(issuer, 64, LIBRARIES);
  // A turn is a second long, for a 99th percentile, and so there are fewer of them than elsewhere.
  const delays = await inRounds(Math.min(rounds, 9), verifiers, turn);
  return LIBRARIES.map((name) => measured(delays(name), 'ms'));
}

export const eventLoop: Table = {
  title: 'Event-loop delay',
  caption: 'The 99th percentile of the event-loop delay with 64 verifies at once: less is better.',
  head: LIBRARIES,
  rows: [{ name: 'event loop, ES512', measure }],
};
