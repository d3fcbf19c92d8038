import type { ClaimRules } from '../claims/check.js';
import type { LifetimePolicy } from '../claims/lifetime.js';
import type { WarningHandler } from '../shared/warnings.js';
import type { AuthClient } from '../types.js';
import type { Verify } from './observe.js';

/** The internals of a client that the other entries of this package may use. */
export interface ClientInternals {
  /**
   * The client's `verify`. It calls `onSigned` when the signature is valid, before it checks the claims. It calls `check` after its
   * own rules for the claims, except expiry.
   */
  readonly verify: Verify;
  /** The original `verify` of the client. A user may have replaced it since. */
  readonly publicVerify: AuthClient['verify'];
  /** The rules of each key source. */
  readonly rules: readonly ClaimRules[];
  /** The bounds of the lifetime of tokens that the client signs. `undefined` if it cannot sign. */
  readonly lifetimes: LifetimePolicy | undefined;
  /** Receives the warnings of the client, and never throws. */
  readonly warn: WarningHandler;
}

const CLIENTS = new WeakMap<object, ClientInternals>();
const PROVIDERS = new WeakMap<object, AuthClient>();

/** Stores the internals of a client without adding anything to the client object. */
export const publishInternals = (client: AuthClient, internals: ClientInternals): void =>
  void CLIENTS.set(client, internals);

/** Returns the internals of a client, or `undefined` if this package did not create that object. A copy has none. */
export const internalsOf = (client: object): ClientInternals | undefined => CLIENTS.get(client);

/** Stores the client of a provider without adding anything to the provider object. */
export const publishProvider = (provider: object, client: AuthClient): void =>
  void PROVIDERS.set(provider, client);

/** Returns the client of a provider, or `undefined` if `createAuthProvider` did not create this value. */
export const clientOfProvider = (value: unknown): AuthClient | undefined => PROVIDERS.get(value as object);
