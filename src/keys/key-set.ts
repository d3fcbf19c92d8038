import type { createLocalJWKSet, JWK } from 'jose';
import { decodeBase64url } from '../base64url.js';
import { jose } from '../jose.js';
import type { JwsEngine, Key } from '../jws.js';
import type { Header } from '../token.js';

type Keys = readonly Key[] | Promise<readonly Key[]>;

/**
 * The usable keys of one fetched JWKS. jose chooses among them and imports them; here its answers are kept, so
 * that finding a known key takes the same time among one key and among a thousand.
 */
export class KeySet {
  /** When it was fetched, in milliseconds since the epoch. */
  readonly fetchedAt: number;
  /** How many keys may verify a signature, and the ids of those that have one. */
  readonly size: number;
  readonly keyIds: ReadonlySet<string>;
  readonly #jwks: readonly JWK[];
  readonly #engine: JwsEngine;
  /** By algorithm, then by key id. Grows only with ids that are in the set. */
  readonly #found = new Map<string, Map<string | undefined, Keys>>();
  #select: Promise<ReturnType<typeof createLocalJWKSet>> | undefined;

  constructor(keys: readonly unknown[], fetchedAt: number, engine: JwsEngine) {
    this.#jwks = keys.filter(isUsable);
    this.#engine = engine;
    this.fetchedAt = fetchedAt;
    this.size = this.#jwks.length;
    this.keyIds = new Set(this.#jwks.flatMap(({ kid }) => (typeof kid === 'string' ? [kid] : [])));
  }

  /** The keys that may have signed a token with this header: every matching one when it names no key id. */
  find({ alg, kid }: Header): Keys {
    if (kid !== undefined && !(typeof kid === 'string' && this.keyIds.has(kid))) return [];
    const byKeyId = this.#found.get(alg) ?? new Map<string | undefined, Keys>();
    this.#found.set(alg, byKeyId);
    const known = byKeyId.get(kid);
    if (known) return known;
    const found = this.#import(alg, kid);
    byKeyId.set(kid, found);
    void found.then((keys) => byKeyId.set(kid, keys));
    return found;
  }

  /** Whether there is a key for one of these algorithms that can be imported. */
  async hasKeyFor(algorithms: readonly string[]): Promise<boolean> {
    for (const alg of algorithms) {
      if ((await this.find({ alg })).length > 0) return true;
    }
    return false;
  }

  async #import(alg: string, kid: string | undefined): Promise<readonly Key[]> {
    const { createLocalJWKSet, errors } = await jose();
    this.#select ??= Promise.resolve(createLocalJWKSet({ keys: [...this.#jwks] }));
    const select = await this.#select;
    const keys: Key[] = [];
    try {
      keys.push(this.#engine.preparePublicKey(await select(kid === undefined ? { alg } : { alg, kid })));
    } catch (error) {
      // Several match: jose hands out those that it can import. Anything else (no match, or parameters that
      // make no key) leaves none.
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) return keys;
      for await (const key of error) keys.push(this.#engine.preparePublicKey(key));
    }
    return keys;
  }
}

// Every private parameter of RFC 7518 section 6, and `priv` of the AKP keys.
const PRIVATE_PARAMETERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const CURVES: Readonly<Record<string, readonly unknown[]>> = {
  EC: ['P-256', 'P-384', 'P-521'],
  OKP: ['Ed25519'],
};

/**
 * Whether a member of the set is a public key that may verify signatures. Others are passed over one by one,
 * so that a key of a new kind beside the good ones breaks nothing (RFC 7517 section 5). A key published with
 * its private part is in everyone's hands and verifies nothing.
 */
function isUsable(member: unknown): member is JWK {
  if (typeof member !== 'object' || member === null || Array.isArray(member)) return false;
  const jwk = member as Record<string, unknown>;
  if (PRIVATE_PARAMETERS.some((parameter) => Object.hasOwn(jwk, parameter))) return false;
  if (jwk.use !== undefined && jwk.use !== 'sig') return false;
  const operations = jwk.key_ops;
  if (operations !== undefined && !(Array.isArray(operations) && operations.includes('verify'))) return false;
  if (jwk.kty === 'RSA') return typeof jwk.n === 'string' && modulusBits(jwk.n) >= 2048;
  return Object.hasOwn(CURVES, String(jwk.kty)) && (CURVES[String(jwk.kty)] ?? []).includes(jwk.crv);
}

// RFC 7518 section 3.3 asks for 2048 bits. Refused here, because Web Crypto imports shorter ones.
function modulusBits(n: string): number {
  if (!/^[\w-]+$/.test(n)) return 0;
  const bytes = decodeBase64url(n);
  const first = bytes.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (bytes.length - first) * 8 - Math.clz32(bytes[first] ?? 0) + 24;
}
