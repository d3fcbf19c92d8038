import { createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';

/** The clock of a test runner. `pass` advances it and runs the timers that are due. */
export interface Clock {
  stop(now: number): void;
  pass(milliseconds: number): Promise<unknown>;
}

/** The expected result of {@link prove}. */
export const PROVEN = [
  'valid',
  'key',
  '2 requests',
  'valid',
  'expired',
  'ERR_JWKS_UNAVAILABLE',
  'ERR_JWKS_UNAVAILABLE',
  'valid',
];

/** Verifies tokens of a test issuer that rotates, fails and recovers. Without a clock, time is real. */
export async function prove(mode: 'in memory' | 'over HTTP', clock?: Clock): Promise<string[]> {
  const early = await proveEarlyClient(clock);
  const issuer = await createTestIssuer();
  try {
    if (mode === 'over HTTP') await issuer.listen();
    const verify = (token: string, hangs = false): Promise<string> => {
      const { jwksUrl, url, fetch } = issuer;
      const jwks = { timeout: hangs ? '0.3s' : '5s', ...(mode === 'in memory' && { fetch }) };
      const outcome = createAuthClient({ jwksUrl, issuer: url, jwks, onWarning: () => {} })
        .verify(token)
        .then(
          ({ valid, reason }) => (valid ? 'valid' : String(reason)),
          (error: { code: string }) => error.code,
        );
      return clock ? clock.pass(hangs ? 300 : 0).then(() => outcome) : outcome;
    };

    const outcomes = [...early, await verify(await issuer.token())];
    const short = await issuer.token({}, { expiresIn: clock ? '5m' : '-1s' });
    await clock?.pass(300_000);
    outcomes.push(await verify(short));
    issuer.rotate();
    issuer.fail('503');
    outcomes.push(await verify(await issuer.token()));
    issuer.fail('hang');
    outcomes.push(await verify(await issuer.token(), true));
    issuer.recover();
    return [...outcomes, await verify(await issuer.token())];
  } finally {
    await issuer.close();
  }
}

/** Stops the clock, and looks up an unknown key id with a client that was made and used before. */
async function proveEarlyClient(clock?: Clock): Promise<string[]> {
  const { jwksUrl, fetch, token, requests } = await createTestIssuer();
  const client = createAuthClient({ jwksUrl, jwks: { fetch }, onWarning: () => {} });
  const first = await client.verify(await token());
  clock?.stop(Date.UTC(2030, 0, 1));
  const second = await client.verify(await token({}, { keyId: 'unknown' }));
  return [first.valid ? 'valid' : first.reason, `${second.reason}`, `${requests.length} requests`];
}
