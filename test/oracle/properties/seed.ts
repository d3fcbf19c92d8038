import { randomInt } from 'node:crypto';
import { vi } from 'vitest';

/** Set `FC_SEED` to the seed in a title to repeat its cases. Set `PROPERTY_COUNT` to run more cases. */
export const SEED = Number(process.env.FC_SEED ?? randomInt(2 ** 31 - 1));
const COUNT = Number(process.env.PROPERTY_COUNT ?? 2000);

export const PARAMETERS = { seed: SEED, numRuns: COUNT };

/** Adds the seed and the count to the title, so that every report of a failure contains them. */
export const seeded = (title: string): string => `${title} (FC_SEED=${SEED}, PROPERTY_COUNT=${COUNT})`;

/** Sets the timeout of the file's tests for this many cases on a busy machine. */
export const allowTime = (cases = COUNT): void => void vi.setConfig({ testTimeout: 60_000 + cases * 10 });
