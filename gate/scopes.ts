import { own } from '../src/shared/own-properties.js';
import { isScope } from '../src/shared/schema.js';

/** All scopes that each scope implies, itself included. */
export type Implications = ReadonlyMap<string, readonly string[]>;

/** Adds to the configured implications what they imply in turn. Scopes may imply each other. */
export function impliedScopes(configured: Implications): Implications {
  return new Map(
    Array.from(configured.keys(), (scope) => {
      // Iterating a Set also visits items that are added during the loop.
      const reached = new Set([scope]);
      for (const one of reached) for (const next of configured.get(one) ?? []) reached.add(next);
      return [scope, [...reached]];
    }),
  );
}

/** The scopes of a token: `scope`, otherwise `scp`, each as text or as a list, and `permissions` if they count. */
export function scopesOf(payload: object, permissions: boolean): readonly string[] {
  const scopes = listed(own(payload, 'scope')) ?? listed(own(payload, 'scp')) ?? [];
  const more = permissions ? listed(own(payload, 'permissions')) : undefined;
  return more ? [...scopes, ...more] : scopes;
}

/** The scopes and all scopes that they imply, without duplicates. */
export function expandScopes(scopes: readonly string[], implications: Implications): string[] {
  const all = new Set(scopes);
  if (implications.size > 0) {
    for (const scope of scopes) for (const implied of implications.get(scope) ?? []) all.add(implied);
  }
  return [...all];
}

/** All scopes of both lists, without duplicates. */
export const union = (one: readonly string[], other: readonly string[]): string[] => [
  ...new Set([...one, ...other]),
];

/** Whether the scopes include every required one. */
export const hasAllScopes = (scopes: readonly string[], required: readonly string[]): boolean =>
  required.every((scope) => scopes.includes(scope));

function listed(claim: unknown): string[] | undefined {
  if (typeof claim === 'string') return claim.split(' ').filter(isScope);
  return Array.isArray(claim) ? claim.filter(isScope) : undefined;
}
