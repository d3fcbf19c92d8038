import type { RevocationHook } from '../config/schema.js';
import { AuthError } from '../errors.js';
import type { RemoteSource } from '../keys/remote/remote-source.js';
import type { SecretSource } from '../keys/secret.js';
import { monotonicNow } from '../shared/clock.js';
import { isWorkers, randomId } from '../shared/runtime.js';
import { Settled } from '../shared/settled.js';
import type { WarningHandler } from '../shared/warnings.js';
import type { AuthClient, AuthStatus } from '../types.js';
import { isRevoked } from './hooks.js';

/** The shortest time between two health checks, even if a health route is called more often. */
const CHECK_INTERVAL_MS = 1000;

/** The parts of a client that `ping` and `status` need. */
interface Observed {
  readonly sign: AuthClient['sign'];
  readonly secret: SecretSource | undefined;
  readonly remotes: readonly RemoteSource[];
  readonly revocation: RevocationHook | undefined;
  readonly warn: WarningHandler;
  /** The part of the status that never changes. */
  readonly facts: Readonly<Pick<AuthStatus, 'engine' | 'canSign' | 'canRevoke' | 'algorithms'>>;
}

/** Creates the methods of a client that report its health. */
export function healthOf({
  sign,
  secret,
  remotes,
  revocation,
  warn,
  facts,
}: Observed): Pick<AuthClient, 'ping' | 'status'> {
  let pingFailure: string | undefined;
  let last: { readonly began: number; readonly healthy: Settled<boolean> } | undefined;

  /** Calls within a second share one check. On Workers, each call checks for itself: no request may wait for another. */
  async function ping(): Promise<boolean> {
    const now = monotonicNow();
    if (last && !isWorkers()) {
      const healthy = last.healthy.get();
      if (healthy instanceof Promise || now - last.began < CHECK_INTERVAL_MS) return healthy;
    }
    last = { began: now, healthy: new Settled(isHealthy()) };
    return last.healthy.get();
  }

  async function isHealthy(): Promise<boolean> {
    const own = (secret && (await failureOf(secret))) ?? (revocation && (await failureOfList(revocation)));
    if (own !== undefined && own !== pingFailure) warn(`The health check failed: ${own}`, 'PING_FAILED');
    // `RemoteSource` warns about its own outages.
    const failures = own ? [own] : await Promise.all(remotes.map((remote) => remote.check()));
    pingFailure = failures.find((failure) => failure !== undefined);
    return pingFailure === undefined;
  }

  async function failureOf(secret: SecretSource): Promise<string | undefined> {
    try {
      const isValid = await secret.hasSigned(await sign({}));
      return isValid ? undefined : 'A token signed with the secret did not verify.';
    } catch (error) {
      return error instanceof AuthError
        ? error.message
        : 'Signing or verifying with the secret failed unexpectedly.';
    }
  }

  /** Checks the list with a random token id. */
  async function failureOfList(list: RevocationHook): Promise<string | undefined> {
    try {
      await isRevoked(list, { jti: randomId() });
      return undefined;
    } catch {
      return 'The revocation list gave no answer.';
    }
  }

  function status(): AuthStatus {
    const single = remotes.find(({ issuer }) => issuer === undefined);
    const listed = remotes.flatMap((remote) =>
      remote.issuer === undefined ? [] : [{ issuer: remote.issuer, ...remote.status() }],
    );
    return {
      ...facts,
      algorithms: [...facts.algorithms],
      ...(single && { jwks: single.status() }),
      ...(listed.length > 0 && { issuers: listed }),
      ...(pingFailure !== undefined && { pingFailure }),
    };
  }

  return { ping, status };
}
