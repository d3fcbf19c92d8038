import type { AuthClient } from 'intentkit-auth';
import { onTestFinished, vi } from 'vitest';
import { generateKeys, type Keys, mint } from './mint.js';

/** What becomes of a token, in one word: `valid`, the reason of a refusal, or the code of an error. */
export const outcome = (client: AuthClient, token: string): Promise<string> =>
  client.verify(token).then(
    ({ valid, reason }) => (valid ? 'valid' : (reason ?? 'no reason')),
    (error: { code?: string }) => error.code ?? String(error),
  );

/** A key pair of the kind that signs fastest, with a token that it has signed and that does not expire. */
export interface Signer extends Keys {
  readonly kid: string;
  readonly token: string;
}

export function createSigner(kid: string, alg = 'ES256'): Signer {
  const pair = generateKeys(alg, kid);
  return {
    ...pair,
    kid,
    token: mint({ header: { alg, kid }, payload: { sub: 'alice' }, key: pair.privateKey }),
  };
}

const START = Date.UTC(2026, 0, 1);

/** Stops the clock for the test. Only `Date` stands still: sockets and timers go on. */
export function stopClock(): { at(milliseconds: number): void } {
  vi.useFakeTimers({ toFake: ['Date'], now: START });
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return { at: (milliseconds) => void vi.setSystemTime(START + milliseconds) };
}
