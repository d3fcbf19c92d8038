import { randomInt } from 'node:crypto';
import { vi } from 'vitest';

/** Set `FC_SEED` to the seed in a title to have the same cases again, and `PROPERTY_COUNT` for more of them. */
export const SEED = Number(process.env.FC_SEED ?? randomInt(2 ** 31 - 1));
const COUNT = Number(process.env.PROPERTY_COUNT ?? 2000);

export const PARAMETERS = { seed: SEED, numRuns: COUNT };

/** The seed and the count belong to the title, so that every report of a failure has them. */
export const seeded = (title: string): string => `${title} (FC_SEED=${SEED}, PROPERTY_COUNT=${COUNT})`;

/** Gives every test of the file the time that so many cases take on a busy machine. */
export const allowTime = (cases = COUNT): void => void vi.setConfig({ testTimeout: 60_000 + cases * 10 });
