import type { ClaimRules } from '../claims/check.js';
import type { AuthClient, VerifyResult } from '../types.js';
import type { SignedHandler } from './observe.js';

/** What the other entries of this package may know of a client that this package made. */
export interface ClientInternals {
  /** As the `verify` of the client, and tells which rules it applies to a token whose signature is valid. */
  readonly verify: (token: unknown, onSigned?: SignedHandler) => Promise<VerifyResult>;
  /** The `verify` that the client was made with, which a user may have replaced since. */
  readonly publicVerify: AuthClient['verify'];
  /** The rules of each key source. */
  readonly rules: readonly ClaimRules[];
}

const CLIENTS = new WeakMap<object, ClientInternals>();
const PROVIDERS = new WeakSet<object>();

/** Remembers the internals of a client, without a trace on the client. */
export const publishInternals = (client: AuthClient, internals: ClientInternals): void =>
  void CLIENTS.set(client, internals);

/** The internals of a client, or `undefined` for one that this package did not make, such as a copy. */
export const internalsOf = (client: object): ClientInternals | undefined => CLIENTS.get(client);

/** Remembers that `createAuthProvider` made a provider. */
export const publishProvider = (provider: object): void => void PROVIDERS.add(provider);

/** Whether `createAuthProvider` made this. */
export const isOwnProvider = (value: unknown): boolean => PROVIDERS.has(value as object);
