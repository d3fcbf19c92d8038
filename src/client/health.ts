import type { Revocation } from '../config/options.js';
import { AuthError } from '../errors.js';
import type { RemoteSource } from '../keys/remote/remote-source.js';
import type { SecretSource } from '../keys/secret.js';
import { randomId } from '../shared/runtime.js';
import type { WarningHandler } from '../shared/warnings.js';
import type { AuthClient, AuthStatus } from '../types.js';
import { isRevoked } from './hooks.js';

/** What `ping` and `status` tell about. */
interface Observed {
  readonly sign: AuthClient['sign'];
  readonly secret: SecretSource | undefined;
  readonly remotes: readonly RemoteSource[];
  readonly revocation: Revocation | undefined;
  readonly warn: WarningHandler;
  /** What does not change. */
  readonly facts: Readonly<Pick<AuthStatus, 'engine' | 'canSign' | 'canRevoke' | 'algorithms'>>;
}

/** The methods of a client that tell whether it works. */
export function healthOf({
  sign,
  secret,
  remotes,
  revocation,
  warn,
  facts,
}: Observed): Pick<AuthClient, 'ping' | 'status'> {
  let pingFailure: string | undefined;

  async function ping(): Promise<boolean> {
    const own = (secret && (await failureOf(secret))) ?? (revocation && (await failureOfList(revocation)));
    if (own !== undefined && own !== pingFailure) warn(`The health check failed: ${own}`, 'PING_FAILED');
    // RemoteSource warns about its outages itself.
    const failures = own ? [own] : await Promise.all(remotes.map((remote) => remote.check()));
    pingFailure = failures.find((failure) => failure !== undefined);
    return pingFailure === undefined;
  }

  async function failureOf(secret: SecretSource): Promise<string | undefined> {
    try {
      const isGood = await secret.hasSigned(await sign({}));
      return isGood ? undefined : 'A token signed with the secret did not verify.';
    } catch (error) {
      return error instanceof AuthError ? error.message : 'Unexpected failure.';
    }
  }

  /** The list is asked about a token that nobody has. */
  async function failureOfList(list: Revocation): Promise<string | undefined> {
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
