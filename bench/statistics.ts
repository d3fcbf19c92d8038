import type { Turns } from './rounds.js';

/** The median of the turns, and the quartiles. Without turns, all three are NaN. */
export interface Measured {
  readonly low: number;
  readonly median: number;
  readonly high: number;
  readonly unit: string;
}

export function measured(turns: Turns, unit: string): Measured {
  const sorted = [...turns].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))] ?? Number.NaN;
  return { low: at(0.25), median: at(0.5), high: at(0.75), unit };
}

/** Divides `over` by `under` within each round. */
export function ratio(over: Turns, under: Turns, unit = '×'): Measured {
  const quotients = over.map((value, round) => value / (under[round] ?? Number.NaN));
  return measured(quotients, unit);
}
