/**
 * The client, the provider for IntentKit, errors and types.
 *
 * @module intentkit-auth
 */
export { createAuthClient } from './client.js';
export type { AuthProviderConfig, IssuerOptions, JwksOptions } from './config/options.js';
export type { AuthErrorCode } from './errors.js';
export { AuthError } from './errors.js';
export type { AuthProvider } from './provider.js';
export { createAuthProvider } from './provider.js';
export type { Revocation } from './revocation.js';
export type { Algorithm, AsymmetricAlgorithm, HmacAlgorithm } from './signature/algorithms.js';
export type { Store } from './store.js';
export type {
  AuthClient,
  AuthStatus,
  IgnoredKeyReason,
  IssuerStatus,
  JwksStatus,
  SignOptions,
  TokenPayload,
  VerifyFailure,
  VerifyResult,
} from './types.js';
export { VERIFY_FAILURES } from './types.js';
export type { Verdict, VerdictHandler } from './verdicts.js';
export type { AuthWarningCode, WarningHandler } from './warnings.js';
