/**
 * An identity provider for tests.
 *
 * @module intentkit-auth/testing
 */
export { createTestIssuer } from './issuer.js';
export type {
  TestEndpoint,
  TestFault,
  TestFaultOptions,
  TestIssuer,
  TestIssuerOptions,
  TestOpaqueTokenOptions,
  TestRequest,
  TestRotationOptions,
  TestTokenOptions,
} from './options.js';
