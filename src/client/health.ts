import type { IntrospectionHook, RevocationHook } from '../config/schema.js';
import { AuthError } from '../errors.js';
import type { OwnSource } from '../keys/own/own-source.js';
import type { RemoteSource } from '../keys/remote/remote-source.js';
import { monotonicNow } from '../shared/clock.js';
import { isWorkers, randomId } from '../shared/runtime.js';
import { Settled } from '../shared/settled.js';
import type { WarningHandler } from '../shared/warnings.js';
import type { Key } from '../signature/engine.js';
import { HeaderMemory } from '../token/header.js';
import { Malformed, parseToken } from '../token/parse.js';
import type { AuthClient, AuthStatus } from '../types.js';
import { isRevoked } from './hooks.js';
import { introspected } from './introspected.js';

/** The shortest time between two health checks, even if a health route is called more often. */
const CHECK_INTERVAL_MS = 1000;

/** How long the answer of an external signer counts, because each signature may cost money: after a success and a failure. */
const SIGNER_WORKS_MS = 60_000;
const SIGNER_FAILED_MS = 5000;

/** What signs tokens. */
interface Signer {
  /** The key that signs. */
  signingKey(): Promise<Key>;
  /** Whether another party signs, which may be slow, cost money, or fail. */
  readonly isExternal: boolean;
}

/** The parts of a client that `ping` and `status` need. */
interface Observed {
  readonly sign: AuthClient['sign'];
  readonly signer: Signer | undefined;
  readonly ownKeys: OwnSource | undefined;
  readonly remotes: readonly RemoteSource[];
  readonly revocation: RevocationHook | undefined;
  readonly introspection: IntrospectionHook | undefined;
  readonly warn: WarningHandler;
  /** The part of the status that never changes. */
  readonly facts: Readonly<Pick<AuthStatus, 'engine' | 'canSign' | 'canRevoke' | 'algorithms'>>;
}

/** Creates the methods of a client that report its health. */
export function healthOf({
  sign,
  signer,
  ownKeys,
  remotes,
  revocation,
  introspection,
  warn,
  facts,
}: Observed): Pick<AuthClient, 'ping' | 'status'> {
  let pingFailure: string | undefined;
  let lastSigned: { readonly at: number; readonly failure: string | undefined } | undefined;
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
    const failure =
      (signer && (await failureOf(signer))) ??
      (revocation && (await failureOfList(revocation))) ??
      (introspection && (await failureOfIntrospection(introspection)));
    if (failure !== undefined && failure !== pingFailure)
      warn(`The health check failed: ${failure}`, 'PING_FAILED');
    // `RemoteSource` warns about its own outages.
    const failures = failure ? [failure] : await Promise.all(remotes.map((remote) => remote.check()));
    pingFailure = failures.find((one) => one !== undefined);
    return pingFailure === undefined;
  }

  async function failureOf(signer: Signer): Promise<string | undefined> {
    if (!signer.isExternal) return failureOfSigning(signer);
    const now = monotonicNow();
    const lasts = lastSigned?.failure === undefined ? SIGNER_WORKS_MS : SIGNER_FAILED_MS;
    if (lastSigned && now - lastSigned.at < lasts) return lastSigned.failure;
    const failure = await failureOfSigning(signer);
    lastSigned = { at: now, failure };
    return failure;
  }

  async function failureOfSigning(signer: Signer): Promise<string | undefined> {
    const name = ownKeys ? 'the first of "signingKeys"' : 'the secret';
    try {
      const token = parseToken(await sign({}), new HeaderMemory(1));
      const key = await signer.signingKey();
      const isValid = !(token instanceof Malformed) && (await key.verify(token)) === 'valid';
      return isValid ? undefined : `A token signed with ${name} did not verify.`;
    } catch (error) {
      return error instanceof AuthError
        ? error.message
        : `Signing or verifying with ${name} failed unexpectedly.`;
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

  /** Asks about a random token. */
  async function failureOfIntrospection(hook: IntrospectionHook): Promise<string | undefined> {
    try {
      await introspected(hook, `${hook.prefix ?? ''}${randomId()}`);
      return undefined;
    } catch {
      return 'The introspection gave no answer.';
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
      ...(ownKeys && { signingKeyIds: ownKeys.keyIds }),
      ...(single && { jwks: single.status() }),
      ...(listed.length > 0 && { issuers: listed }),
      ...(introspection && { introspection: { issuer: introspection.issuer, ...introspection.status?.() } }),
      ...(pingFailure !== undefined && { pingFailure }),
    };
  }

  return { ping, status };
}
