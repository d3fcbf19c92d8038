import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';
import type { VerifyResult } from '../../src/index.js';
import { joseEngine } from '../../src/signature/jose.js';
import { nodeEngine } from '../../src/signature/node.js';
import { Clients, type Kind, type Options, servedFromMemory } from './clients.js';

if (!nodeEngine) throw new Error('This is Node, and Node has node:crypto.');
export const ENGINES = { node: nodeEngine, jose: joseEngine };

/** Verifies with `node:crypto` and with jose, and fails if the two results differ. */
export class TwoEngines {
  readonly #byNode: Clients;
  readonly #byJose: Clients;

  constructor(sources = servedFromMemory()) {
    this.#byNode = new Clients(sources, ENGINES.node);
    this.#byJose = new Clients(sources, ENGINES.jose);
  }

  async verify(token: string, kind: Kind, options?: Options): Promise<VerifyResult> {
    const one = await this.#byNode.get(kind, options).verify(token);
    const other = await this.#byJose.get(kind, options).verify(token);
    if (same(one, other)) return one;
    expect({ token, ...one }).toStrictEqual({ token, ...other });
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
