import type { ClaimRules } from './claims/check.js';

/** What one source of a client demands of its tokens. Plain data without keys. */
export interface SourceRules {
  /** The algorithms that lead to this source. */
  readonly algorithms: readonly string[];
  readonly rules: ClaimRules;
}

// A registered symbol, because each subpath is bundled with its own copy of this module.
const SOURCE_RULES = Symbol.for('intentkit-auth.source-rules');

/** Lets the subpaths of this package read what a client demands. It is no part of the public interface. */
export function publishRules(client: object, sources: Iterable<SourceRules>): void {
  const rules = Array.from(sources, ({ algorithms, rules }) => ({ algorithms, rules }));
  // Behind a function, so that a client shows nothing of its configuration when it is inspected.
  Object.defineProperty(client, SOURCE_RULES, { value: () => rules });
}

/** What a client demands, one entry a source. It is empty for a client that this package did not make. */
export function rulesOf(client: object): readonly SourceRules[] {
  if (!Object.hasOwn(client, SOURCE_RULES)) return [];
  return (client as { [SOURCE_RULES]: () => readonly SourceRules[] })[SOURCE_RULES]();
}
