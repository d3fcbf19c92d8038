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
  TestListenOptions,
  TestOpaqueTokenOptions,
  TestRequest,
  TestRotationOptions,
  TestTokenOptions,
} from './options.js';
