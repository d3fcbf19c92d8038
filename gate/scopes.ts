import { own } from '../src/shared/own-properties.js';

/** What each scope implies, by whatever many steps. */
export type Implications = ReadonlyMap<string, readonly string[]>;

/** @see RFC 6749 section 3.3 */
export const isScope = (text: unknown): boolean =>
  typeof text === 'string' && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(text);

/** Follows what is implied to its end. Scopes may imply each other. */
export function impliedScopes(direct: Implications): Implications {
  return new Map(
    Array.from(direct.keys(), (scope) => {
      // A set that grows while it is walked is walked to its end.
      const reached = new Set([scope]);
      for (const one of reached) for (const next of direct.get(one) ?? []) reached.add(next);
      return [scope, [...reached]];
    }),
  );
}

/** The scopes of a token: `scope`, or else `scp`, each as text or as a list, and `permissions` where they count. */
export function scopesOf(payload: object, permissions: boolean): readonly string[] {
  const scopes = listed(own(payload, 'scope')) ?? listed(own(payload, 'scp')) ?? [];
  const more = permissions ? listed(own(payload, 'permissions')) : undefined;
  return more ? [...scopes, ...more] : scopes;
}

/** The scopes and what they imply, each once. */
export function expandScopes(scopes: readonly string[], implications: Implications): string[] {
  const all = new Set(scopes);
  if (implications.size > 0) {
    for (const scope of scopes) for (const implied of implications.get(scope) ?? []) all.add(implied);
  }
  return [...all];
}

function listed(claim: unknown): string[] | undefined {
  if (typeof claim === 'string') return claim.split(' ').filter(isScope);
  return Array.isArray(claim) ? claim.filter(isScope) : undefined;
}
