import type { ClaimRules } from './claims/check.js';

/** What one source of a client demands of its tokens. Plain data without keys. */
export interface SourceRules {
  /** The algorithms that lead to this source. */
  readonly algorithms: readonly string[];
  readonly rules: ClaimRules;
}

// A registered symbol, because each subpath is bundled with its own copy of this module.
const SOURCE_RULES = Symbol.for('intentkit-auth.source-rules');

/** Lets the subpaths of this package read what a client or its provider demands. It is no part of the public interface. */
export function publishRules(owner: object, sources: Iterable<SourceRules>): void {
  const rules = Array.from(sources, ({ algorithms, rules }) => ({ algorithms, rules }));
  // Behind a function, so that neither shows anything of its configuration when it is inspected.
  Object.defineProperty(owner, SOURCE_RULES, { value: () => rules });
}

/** What a client or provider demands, one entry a source. It is empty for one that this package did not make. */
export function rulesOf(owner: object): readonly SourceRules[] {
  if (!Object.hasOwn(owner, SOURCE_RULES)) return [];
  return (owner as { [SOURCE_RULES]: () => readonly SourceRules[] })[SOURCE_RULES]();
}
