import { AuthError } from '../../errors.js';
import { within } from '../../shared/deadline.js';
import { encodeUtf8 } from '../../shared/runtime.js';
import { isBytes } from '../../shared/schema.js';
import { ecdsaFromDer, ecdsaLength } from '../../signature/der.js';
import type { Key } from '../../signature/engine.js';
import { encodeBase64url } from '../../token/base64url.js';
import type { MakeSign, OwnKeyEntry } from './own-key.js';

/**
 * Signs with the `sign` of an entry. Each signature is verified before it is handed out, so a signer with the wrong key,
 * algorithm or encoding is noticed here and not by the services that receive the tokens. `undefined` without `sign`.
 */
export function externalSigner(
  { place, sign, timeoutMs, algorithm }: OwnKeyEntry,
  keyId: string,
  key: Key,
): MakeSign | undefined {
  if (!sign) return undefined;

  /** What the signer says is never repeated, because it may contain credentials. */
  async function ask(data: Uint8Array): Promise<Uint8Array | undefined> {
    try {
      return await within(timeoutMs, Promise.resolve(sign?.(data, { algorithm, keyId })).then(copyOf));
    } catch {
      throw new AuthError(
        'ERR_SIGNER_UNAVAILABLE',
        `The token was not signed, because "${place}.sign" failed or gave no answer in time; try again in 1 s.`,
        { retryAfter: 1 },
      );
    }
  }

  return (usual) => async (claims, header) => {
    const signingInput = [JSON.stringify(header ?? usual), claims]
      .map((text) => encodeBase64url(encodeUtf8(text)))
      .join('.');
    const answer = await ask(encodeUtf8(signingInput));
    for (const signature of answer ? spellingsOf(answer, algorithm) : []) {
      const compact = `${signingInput}.${encodeBase64url(signature)}`;
      const token = { compact, header: { alg: algorithm }, signingInput, signature };
      if ((await key.verify(token)) === 'valid') return compact;
    }
    throw new AuthError(
      'ERR_SIGNER_BROKEN',
      `"${place}.sign" did not answer with a signature that its "publicKey" verifies: check its key, its algorithm, and that it hashes the data once.`,
    );
  };
}

/** Copies the answer, because the signer may use the same memory again. `undefined` if it has no bytes. */
function copyOf(answer: unknown): Uint8Array | undefined {
  const isBuffer = Object.prototype.toString.call(answer) === '[object ArrayBuffer]';
  try {
    return isBuffer || isBytes(answer) ? new Uint8Array(answer as ArrayBuffer).slice() : undefined;
  } catch {
    // The memory was transferred elsewhere, or the object only looks like an ArrayBuffer.
    return undefined;
  }
}

/** An ECDSA signature may be `r` followed by `s`, as in a token, or DER, as most services answer. */
function spellingsOf(signature: Uint8Array, algorithm: string): Uint8Array[] {
  const length = ecdsaLength(algorithm);
  if (length === undefined) return [signature];
  const fromDer = ecdsaFromDer(signature, length);
  return [...(signature.length === length ? [signature] : []), ...(fromDer ? [fromDer] : [])];
}
