import type { RemoteConfig } from '../../config/remote.js';
import type { KeySetOrigin } from './key-set.js';

/** Keys are refreshed in the background at a random age between these shares of `cacheMaxAge`. */
const REFRESH_FROM = 0.7;
const REFRESH_TO = 0.9;

/** How long a key set may be used. Times are in milliseconds on a monotonic clock. */
export interface Lifetime {
  readonly refreshAt: number;
  readonly freshUntil: number;
  /** How long the set may be used while the endpoint fails. It may be earlier than `freshUntil`. */
  readonly staleUntil: number;
  /** The later of `freshUntil` and `staleUntil`. */
  readonly servesUntil: number;
}

/** The lifetime before the first set. */
export const OVER: Lifetime = { refreshAt: 0, freshUntil: 0, staleUntil: 0, servesUntil: 0 };

export function lifetimeOf({ fetchBegan }: KeySetOrigin, config: RemoteConfig): Lifetime {
  const share = REFRESH_FROM + Math.random() * (REFRESH_TO - REFRESH_FROM);
  const freshUntil = fetchBegan + config.cacheMaxAgeMs;
  const staleUntil = fetchBegan + config.staleIfErrorMs;
  return {
    refreshAt: fetchBegan + config.cacheMaxAgeMs * share,
    freshUntil,
    staleUntil,
    servesUntil: Math.max(freshUntil, staleUntil),
  };
}
