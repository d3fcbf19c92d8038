import { randomInt } from 'node:crypto';
import { vi } from 'vitest';

/** Set `FC_SEED` to the seed in a title to have the same cases again, and `FC_RUNS` for more of them. */
export const SEED = Number(process.env.FC_SEED ?? randomInt(2 ** 31 - 1));
export const RUNS = Number(process.env.FC_RUNS ?? 10_000);

export const PARAMETERS = { seed: SEED, numRuns: RUNS };

/** The seed belongs to the title, so that every report of a failure has it. */
export const seeded = (title: string): string => `${title} (FC_SEED=${SEED})`;

/** Gives every test of the file the time that so many cases take on a busy machine. */
export const allowTime = (cases = RUNS): void => void vi.setConfig({ testTimeout: 60_000 + cases * 10 });
