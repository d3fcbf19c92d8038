/**
 * The client, the provider for IntentKit, errors and types.
 *
 * @module intentkit-auth
 */
export { createAuthClient } from './client/client.js';
export type { AuthProvider } from './client/provider.js';
export { createAuthProvider } from './client/provider.js';
export type {
  AuthProviderConfig,
  ClaimRuleOptions,
  HeadersFunction,
  Introspection,
  IssuerOptions,
  JwkInput,
  JwksOptions,
  KeyInput,
  Revocation,
  Signed,
  SignHandler,
  SigningKeyOptions,
  Verdict,
  VerdictHandler,
} from './config/options.js';
export type { AuthErrorCode, AuthErrorOptions } from './errors.js';
export { AuthError } from './errors.js';
export type {
  OutputOf,
  StandardIssue,
  StandardPathPart,
  StandardResult,
  StandardSchemaV1,
} from './shared/standard-schema.js';
export type { Store } from './shared/store.js';
export type { AuthWarningCode, WarningHandler } from './shared/warnings.js';
export type { Algorithm, AsymmetricAlgorithm, HmacAlgorithm } from './signature/algorithms.js';
export type {
  AuthClient,
  AuthStatus,
  ConformingResult,
  ConformingToken,
  IgnoredKeyReason,
  IntrospectionStatus,
  IssuerStatus,
  JwksStatus,
  PublicJwk,
  PublicKeySet,
  RefusedToken,
  SignOptions,
  TokenPayload,
  ValidToken,
  VerifyFailure,
  VerifyOptions,
  VerifyResult,
} from './types.js';
export { VERIFY_FAILURES } from './types.js';
