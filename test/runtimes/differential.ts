// Runs on Node, Bun and Deno: reads the corpus from stdin, verifies it with both engines, and writes a report to stdout.
import { importJWK } from 'jose';
import { type AsymmetricAlgorithm, isHmacAlgorithm } from '../../src/signature/algorithms.js';
import type { Key, SignatureEngine } from '../../src/signature/engine.js';
import { joseEngine } from '../../src/signature/jose.js';
import { HeaderMemory } from '../../src/token/header.js';
import { Malformed, parseToken } from '../../src/token/parse.js';
import { poolEngine, synchronousEngine } from '../support/node-engines.js';
import type { Batch, Corpus } from './corpus.js';

export interface Differences {
  readonly tokens: number;
  /** One line for each unexpected verdict of an engine. */
  readonly differences: readonly string[];
}

const ENGINES: [name: string, engine: SignatureEngine][] = [
  ['node:crypto', synchronousEngine],
  ['node:crypto in the thread pool', poolEngine],
  ['jose', joseEngine],
];

async function keyOf({ alg, key }: Batch, engine: SignatureEngine): Promise<Key> {
  if (isHmacAlgorithm(alg)) return engine.importSecret(new TextEncoder().encode(String(key)), { alg });
  return engine.importPublicKey(
    (await importJWK(key as object, alg)) as CryptoKey,
    alg as AsymmetricAlgorithm,
  );
}

async function judge(corpus: Corpus): Promise<Differences> {
  const differences: string[] = [];
  let tokens = 0;
  for (const batch of corpus) {
    tokens += batch.samples.length;
    for (const [name, engine] of ENGINES) {
      const key = await keyOf(batch, engine);
      for (const { what, token, expected } of batch.samples) {
        const parsed = parseToken(token, new HeaderMemory(1));
        const answer = async () => (parsed instanceof Malformed ? parsed.message : key.verify(parsed));
        const verdict = await answer().catch(String);
        if (verdict !== expected) {
          differences.push(`${batch.alg}, ${what}: ${name} says ${verdict}, not ${expected}: ${token}`);
        }
      }
    }
  }
  return { tokens, differences };
}

let input = '';
for await (const chunk of process.stdin.setEncoding('utf8')) input += chunk;
process.stdout.write(JSON.stringify(await judge(JSON.parse(input))));
