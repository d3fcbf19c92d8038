import { type AuthClient, type AuthProviderConfig, createAuthClient, type JwksStatus } from 'intentkit-auth';
import { onTestFinished, vi } from 'vitest';
import { type JwksServer, startJwksServer } from './jwks-server.js';
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

/** Part of every client's `jwksUrl`, and to be seen nowhere but in the request. */
export const URL_SECRET = 'hush-hush';

export interface JwksClient {
  readonly server: JwksServer;
  readonly client: AuthClient;
  /** The codes and messages of all warnings so far. */
  readonly warnings: { code: string; message: string }[];
  outcome(token: string): Promise<string>;
  status(): JwksStatus;
}

/** A server and a client of it, both gone when the test is over. */
export async function startJwksClient({
  keys = [],
  jwks,
  config,
}: {
  keys?: readonly object[];
  jwks?: AuthProviderConfig['jwks'];
  config?: AuthProviderConfig;
} = {}): Promise<JwksClient> {
  const server = await startJwksServer({ keys });
  onTestFinished(() => server.close());
  const warnings: JwksClient['warnings'] = [];
  const client = createAuthClient({
    jwksUrl: `${server.url}?code=${URL_SECRET}`,
    onWarning: (message, code) => warnings.push({ code, message }),
    ...(jwks && { jwks }),
    ...config,
  });
  return {
    server,
    client,
    warnings,
    outcome: (token) => outcome(client, token),
    status: () => {
      const { jwks: status } = client.status();
      if (!status) throw new Error('the client has no JWKS');
      return status;
    },
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
