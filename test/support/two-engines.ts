import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { VerifyResult } from '../../src/index.js';
import { joseEngine } from '../../src/signature/jose.js';
import { Clients, type Kind, type Options, servedFromMemory } from './clients.js';
import { poolEngine, synchronousEngine } from './node-engines.js';

/** jose, and both ways of `node:crypto`. */
export const ENGINES = { node: synchronousEngine, pool: poolEngine, jose: joseEngine };

/** Verifies with both ways of `node:crypto` and with jose, and fails if two results differ. */
export class TwoEngines {
  readonly #clients: readonly Clients[];

  constructor(sources = servedFromMemory()) {
    this.#clients = Object.values(ENGINES).map((engine) => new Clients(sources, engine));
  }

  async verify(token: string, kind: Kind, options?: Options): Promise<VerifyResult> {
    const [one, ...others] = await Promise.all(
      this.#clients.map((clients) => clients.get(kind, options).verify(token)),
    );
    if (one && others.every((other) => same(one, other))) return one;
    for (const other of others) expect({ token, ...one }).toStrictEqual({ token, ...other });
    return expect.unreachable('the verdicts differ');
  }
}

/** Compares without recursion, because some payloads are nested deeper than the call stack allows. */
function same(one: unknown, other: unknown): boolean {
  const pairs: Array<readonly [unknown, unknown]> = [[one, other]];
  for (let pair = pairs.pop(); pair; pair = pairs.pop()) {
    const [a, b] = pair;
    if (Object.is(a, b)) continue;
    if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
    const names = Object.getOwnPropertyNames(a);
    if (!isDeepStrictEqual(names, Object.getOwnPropertyNames(b))) return false;
    if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return false;
    for (const name of names) pairs.push([Reflect.get(a, name), Reflect.get(b, name)]);
  }
  return true;
}
