import type { WarningHandler } from '../../shared/warnings.js';
import type { IgnoredKeyReason, JwksStatus } from '../../types.js';

/** The number of ignored keys of a set, by reason. */
export type IgnoredKeys = JwksStatus['ignoredKeys'];

export function countIgnored(reasons: readonly IgnoredKeyReason[]): IgnoredKeys {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** Writes the counts as part of a sentence: `2 short, 1 private`. Empty if no key is ignored. */
export const countsOf = (ignored: IgnoredKeys): string =>
  Object.entries(ignored)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');

/** These keys are meant for other software, so they cause no warning. */
const NORMAL = ['other_use', 'unsupported'];

/** Warns once for each reason if a usable set also has weak or broken keys. Tokens signed with them are refused. */
export class IgnoredKeysMonitor {
  /** The counts of the last set that was fetched, even if it had no usable key. */
  counts: IgnoredKeys = {};
  readonly #subject: string;
  readonly #warn: WarningHandler;
  readonly #seen = new Set<string>();

  /** @param subject the endpoint. Each warning begins with it. */
  constructor(subject: string, warn: WarningHandler) {
    this.#subject = subject;
    this.#warn = warn;
  }

  /** Records the counts of a set with usable keys, and warns if a reason is new. */
  update(ignored: IgnoredKeys): void {
    this.counts = ignored;
    const harmful = Object.entries(ignored).filter(([reason]) => !NORMAL.includes(reason));
    if (harmful.every(([reason]) => this.#seen.has(reason))) return;
    for (const [reason] of harmful) this.#seen.add(reason);
    const counts = countsOf(Object.fromEntries(harmful));
    this.#warn(
      `${this.#subject} has keys that are ignored: ${counts}; tokens signed with them are refused, so have the provider replace them.`,
      'JWKS_KEYS_IGNORED',
    );
  }
}
