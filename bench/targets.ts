import { ratio, type Spread, time } from './compare.js';
import { LIMIT, OURS } from './contenders.js';
import { type Results, scenariosOf } from './results.js';
import type { Scenario } from './scenarios.js';

/** What the package is to reach, and whether this run saw it do so. */
export interface Target {
  readonly what: string;
  readonly goal: string;
  readonly measured: string;
  readonly met: boolean;
}

const MAX_SIZE = 6 * 1024;
/** What the measurement cannot tell from no difference. */
const NOISE = 0.05;

export function targets(results: Results): Target[] {
  return [
    ...speedTargets(results),
    ...refusalTargets(results),
    ...growthTargets(results),
    ...results.startUp.map(({ what, ratio }) => ({
      what: `import to first token, ${what}, against jose`,
      goal: 'at most 1.3 ×',
      measured: withSpread(ratio),
      met: ratio.median <= 1.3,
    })),
    {
      what: 'root entry, minified and gzipped',
      goal: `under ${MAX_SIZE} bytes`,
      measured: `${results.size} bytes`,
      met: results.size < MAX_SIZE,
    },
  ];
}

function speedTargets(results: Results): Target[] {
  const faster = (
    operation: Scenario['operation'],
    algorithm: Scenario['algorithm'],
    peer: string,
    least: number,
  ): Target => {
    const [simplest, ...others] = scenariosOf(results, operation, algorithm);
    const measured = ratio(simplest.timings, OURS, peer);
    // No target can ask for more than the platform gives.
    const ceiling = ratio(simplest.timings, LIMIT, peer).median;
    const elsewhere = others.map(({ timings }) => ratio(timings, OURS, peer).median);
    return {
      what: `${operation} ${algorithm}, against ${peer}`,
      goal: `at least ${least} ×`,
      measured: `${withSpread(measured)}; ${LIMIT} ${digits(ceiling)} ×; other settings ${range(elsewhere)}`,
      met: measured.median >= least,
    };
  };
  return [
    faster('sign', 'HS256', 'fast-jwt', 1),
    faster('verify', 'HS256', 'fast-jwt', 1),
    faster('sign', 'HS256', 'jose', 10),
    faster('verify', 'HS256', 'jose', 10),
    faster('verify', 'RS256', 'fast-jwt', 0.9),
    faster('verify', 'ES256', 'fast-jwt', 0.9),
    faster('verify', 'EdDSA', 'fast-jwt', 0.9),
    faster('verify', 'RS256', 'jose', 3),
    faster('verify', 'ES256', 'jose', 1.8),
    faster('verify', 'EdDSA', 'jose', 1.8),
  ];
}

function refusalTargets({ refusals }: Results): Target[] {
  return refusals
    .filter(({ library }) => library === OURS)
    .map(({ algorithm, timings, accepted }) => {
      const costs = [...timings.keys()]
        .filter((kind) => kind !== 'good')
        .map((kind) => ({ kind, cost: ratio(timings, 'good', kind) }));
      const dearest = costs.reduce((a, b) => (b.cost.median > a.cost.median ? b : a));
      return {
        what: `${algorithm}: refusing against accepting, the dearest kind`,
        goal: `at most 1 × (and ${NOISE * 100} % for noise)`,
        measured: `${withSpread(dearest.cost)}, ${dearest.kind}`,
        met: dearest.cost.median <= 1 + NOISE && accepted.length === 0,
      };
    });
}

function growthTargets({ growth }: Results): Target[] {
  const keys = ratio(growth.byKeys, '1', '1000');
  const median = (kilobytes: number): number => time(growth.byKilobytes, String(kilobytes)).median;
  const perKilobyte = (from: number, to: number): number => (median(to) - median(from)) / (to - from);
  const bend = perKilobyte(16, 60) / perKilobyte(2, 16);
  return [
    {
      what: 'verify with a JWKS of 1000 keys, against 1',
      goal: `1 × (and ${NOISE * 100} % for noise)`,
      measured: withSpread(keys),
      met: keys.median <= 1 + NOISE,
    },
    {
      what: 'cost of a further KB from 16 to 60 KB, against from 2 to 16 KB',
      goal: 'at most 1.25 × (linear)',
      measured: `${bend.toFixed(2)} ×`,
      met: bend <= 1.25,
    },
  ];
}

export const withSpread = ({ low, median, high }: Spread): string =>
  `${digits(median)} × (${digits(low)}–${digits(high)})`;

const range = (values: readonly number[]): string =>
  `${digits(Math.min(...values))}–${digits(Math.max(...values))}`;

/** As many as mean something: 0.98, 12.3, 140. */
const digits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
