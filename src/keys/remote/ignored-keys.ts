import type { WarningHandler } from '../../shared/warnings.js';
import type { IgnoredKeyReason, JwksStatus } from '../../types.js';

/** How many keys of a set are ignored, by reason. */
export type IgnoredKeys = JwksStatus['ignoredKeys'];

export function countIgnored(reasons: readonly IgnoredKeyReason[]): IgnoredKeys {
  const counts = new Map<string, number>();
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1);
  return Object.fromEntries(counts);
}

/** The counts as part of a sentence: `2 short, 1 private`. It is empty when no key is ignored. */
export const countsOf = (ignored: IgnoredKeys): string =>
  Object.entries(ignored)
    .map(([reason, count]) => `${count} ${reason}`)
    .join(', ');

/** Keys that sets have for other readers. They need no warning. */
const NORMAL = ['other_use', 'unsupported'];

/** Warns of weak or broken keys beside usable ones, once for each reason, because their tokens are refused. */
export class IgnoredKeysMonitor {
  /** The counts of the last set that was fetched, even if none of its keys was usable. */
  counts: IgnoredKeys = {};
  readonly #subject: string;
  readonly #warn: WarningHandler;
  readonly #seen = new Set<string>();

  /** @param subject what has the keys, as the first words of a sentence. */
  constructor(subject: string, warn: WarningHandler) {
    this.#subject = subject;
    this.#warn = warn;
  }

  /** Takes the counts of a set that has usable keys. */
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
