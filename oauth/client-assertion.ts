import { AuthError } from '../src/errors.js';
import type { OwnKeyEntry } from '../src/keys/own/own-key.js';
import { importOwnKeys } from '../src/keys/own/own-source.js';
import { FetchError } from '../src/keys/remote/fetch-error.js';
import { secondsNow } from '../src/shared/clock.js';
import { randomId } from '../src/shared/runtime.js';
import { Settled } from '../src/shared/settled.js';
import { defaultEngine } from '../src/signature/node.js';

/** In seconds. Some issuers refuse assertions that are valid for longer. */
const LIFETIME = 60;

/**
 * Creates the function that signs an assertion for an audience. Each assertion is used once.
 *
 * @param keyId the configured id. The header has no `kid` without it, even if the key has an id of its own.
 * @throws {AuthError} `ERR_AUTH_CONFIG` if the key cannot be used.
 * @see RFC 7523 sections 2.2 and 3
 */
export function assertionSigner(
  entry: OwnKeyEntry,
  keyId: string | undefined,
  clientId: string,
): (audience: string) => Promise<string> {
  const keys = new Settled(importOwnKeys([entry], { typ: 'JWT' }, defaultEngine));
  const header = { alg: entry.algorithm, typ: 'JWT', ...(keyId !== undefined && { kid: keyId }) };
  return async (aud) => {
    const iat = secondsNow();
    const claims = { iss: clientId, sub: clientId, aud, jti: randomId(), iat, exp: iat + LIFETIME };
    try {
      const [key] = await keys.get();
      const assertion = await key?.sign?.(JSON.stringify(claims), header);
      if (assertion !== undefined) return assertion;
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      const retryAfterMs = (error.retryAfter ?? 0) * 1000;
      if (error.code === 'ERR_SIGNER_BROKEN')
        throw new FetchError('unusable', '"clientAuth.sign" made an invalid signature', { retryAfterMs });
      if (error.code === 'ERR_SIGNER_UNAVAILABLE')
        throw new FetchError('unusable', '"clientAuth.sign" made no signature', { retryAfterMs });
    }
    throw new FetchError('unusable', 'the key of "clientAuth" cannot be used');
  };
}
