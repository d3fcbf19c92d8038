import {
  type Algorithm,
  ASYMMETRIC_ALGORITHMS,
  HMAC_ALGORITHMS,
  isHmacAlgorithm,
} from '../../src/signature/algorithms.js';
import { ecdsaToDer } from '../../src/signature/der.js';
import type { SignatureVerdict } from '../../src/signature/engine.js';
import { generateKeys, mint } from '../support/mint.js';
import { SECRET } from '../support/secrets.js';
import { withSignature } from '../support/tamper.js';

/** One token, how it was changed, and the verdict that both engines must give. */
export interface Sample {
  readonly what: string;
  readonly token: string;
  readonly expected: SignatureVerdict;
}

/** Tokens of one algorithm, signed with one key. It is sent to the runtime as JSON. */
export interface Batch {
  readonly alg: Algorithm;
  /** The secret of an HMAC algorithm, or the public JWK. */
  readonly key: string | Record<string, unknown>;
  readonly samples: readonly Sample[];
}
export type Corpus = readonly Batch[];

/** Changes a signature. `at` is different for each token. */
type Change = (signature: Buffer, at: number) => Uint8Array;

const ANY: Readonly<Record<string, Change>> = {
  'one bit flipped': (signature, at) => {
    const place = at % signature.length;
    signature.writeUInt8(signature.readUInt8(place) ^ (1 << (at % 8)), place);
    return signature;
  },
  'cut at the end': (signature, at) => signature.subarray(0, -1 - (at % 20)),
  'cut at the front': (signature, at) => signature.subarray(1 + (at % 20)),
  extended: (signature, at) => Buffer.concat([signature, Buffer.alloc(1 + (at % 3), at)]),
  'a zero before it': (signature) => Buffer.concat([Buffer.alloc(1), signature]),
  'all zeros': ({ length }) => Buffer.alloc(length),
  'all 0xff': ({ length }) => Buffer.alloc(length, 0xff),
};
const ECDSA: Readonly<Record<string, Change>> = {
  'r and s swapped': (signature) => {
    const half = signature.length / 2;
    return Buffer.concat([signature.subarray(half), signature.subarray(0, half)]);
  },
  'r is zero': (signature) => signature.fill(0, 0, signature.length / 2),
  's is zero': (signature) => signature.fill(0, signature.length / 2),
  'DER instead of r and s': ecdsaToDer,
};

/** Makes `count` tokens of each algorithm, with new keys. */
export const makeCorpus = (count: number): Corpus =>
  [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS].map((alg) => makeBatch(alg, count));

function makeBatch(alg: Algorithm, count: number): Batch {
  const pair = isHmacAlgorithm(alg) ? undefined : generateKeys(alg);
  const key = pair?.privateKey ?? SECRET;
  const valid = (at: number, header = {}): string =>
    mint({ header: { alg, ...header }, payload: { at }, key });

  /** One RSA signature in 256 begins with a zero byte. Removing that byte leaves the same number. */
  const withoutZero = (at: number): string => {
    const starts = (token: string) => Buffer.from(token.split('.')[2] ?? '', 'base64url')[0];
    let token = valid(at);
    for (let next = at; starts(token) !== 0; token = valid(next)) next += 1_000_000;
    return withSignature(token, (signature) => signature.subarray(1));
  };
  let short: string | undefined;

  const changes = Object.entries({ ...ANY, ...(alg.startsWith('ES') && ECDSA) });
  const kinds: ((at: number) => Sample)[] = [
    (at) => ({ what: 'unchanged', token: valid(at), expected: 'valid' }),
    ...changes.map(([what, change]) => (at: number): Sample => {
      const token = withSignature(valid(at), (signature) => change(signature, at));
      return { what, token, expected: 'invalid' };
    }),
    (at) => ({ what: 'unknown "crit"', token: valid(at, { crit: ['x'], x: 1 }), expected: 'unsupported' }),
    (at) => ({ what: 'known "crit"', token: valid(at, { crit: ['b64'], b64: true }), expected: 'valid' }),
  ];
  if (/^[RP]S/.test(alg)) {
    kinds.push((at) => {
      short ??= withoutZero(at);
      return { what: 'leading zero cut', token: short, expected: 'invalid' };
    });
  }
  const samples = Array.from({ length: count }, (_, at) => kinds[at % kinds.length]?.(at) as Sample);
  return { alg, key: pair?.jwk ?? SECRET, samples };
}
