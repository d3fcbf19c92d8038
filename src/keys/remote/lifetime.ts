import type { RemoteConfig } from '../../config/remote.js';
import type { KeySetOrigin } from './key-set.js';

/** A background refresh begins after this share of `cacheMaxAge`: a random one between the two. */
const REFRESH_FROM = 0.7;
const REFRESH_TO = 0.9;

/** How long a key set may be used. Times are in milliseconds on a monotonic clock. */
export interface Lifetime {
  readonly refreshAt: number;
  readonly freshUntil: number;
  /** How long the set may be used while the endpoint fails. It may be earlier than `freshUntil`. */
  readonly staleUntil: number;
  /** The later one of the two. */
  readonly servesUntil: number;
}

/** The lifetime while there is no set. */
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
