export type { Algorithm } from './algorithms.js';
export type {
  AuthClient,
  AuthStatus,
  SignOptions,
  TokenPayload,
  VerifyFailure,
  VerifyResult,
} from './client.js';
export { createAuthClient } from './client.js';
export type { AuthProviderConfig, JwksOptions } from './config.js';
export type { AuthErrorCode } from './errors.js';
export { AuthError } from './errors.js';
export type { JwksStatus } from './keys/jwks.js';
export type { AuthProvider } from './provider.js';
export { createAuthProvider } from './provider.js';
export type { AuthWarningCode, WarningHandler } from './warnings.js';
