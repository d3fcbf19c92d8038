import { AuthError } from './errors.js';
import type { RemoteSource } from './keys/remote/source.js';
import type { AuthClient, AuthStatus } from './types.js';
import type { WarningHandler } from './warnings.js';

/** What `ping` and `status` tell about. */
interface Observed {
  readonly sign: AuthClient['sign'];
  readonly verify: AuthClient['verify'];
  readonly remotes: readonly RemoteSource[];
  readonly warn: WarningHandler;
  /** What does not change. */
  readonly facts: Readonly<Pick<AuthStatus, 'engine' | 'canSign' | 'canRevoke' | 'algorithms'>>;
}

/** The methods of a client that tell whether it works. */
export function healthOf({
  sign,
  verify,
  remotes,
  warn,
  facts,
}: Observed): Pick<AuthClient, 'ping' | 'status'> {
  let pingFailure: string | undefined;

  async function ping(): Promise<boolean> {
    const ofSecret = facts.canSign ? await failureOfSecret() : undefined;
    if (ofSecret !== undefined && ofSecret !== pingFailure) {
      warn(`The health check failed: ${ofSecret}`, 'PING_FAILED');
    }
    // RemoteSource warns about its outages itself.
    const failures = ofSecret ? [ofSecret] : await Promise.all(remotes.map((remote) => remote.check()));
    pingFailure = failures.find((failure) => failure !== undefined);
    return pingFailure === undefined;
  }

  async function failureOfSecret(): Promise<string | undefined> {
    try {
      // A payload is only handed out after a good signature. The claim rules do not matter here.
      const { payload } = await verify(await sign({}));
      return Object.hasOwn(payload, 'exp') ? undefined : 'A token signed with the secret did not verify.';
    } catch (error) {
      return error instanceof AuthError ? error.message : 'Unexpected failure.';
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
