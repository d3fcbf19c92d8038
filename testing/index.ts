/**
 * An identity provider for tests.
 *
 * @module intentkit-auth/testing
 */
export { createTestIssuer } from './issuer.js';
export type {
  TestFault,
  TestFaultOptions,
  TestIssuer,
  TestIssuerOptions,
  TestRequest,
  TestRotationOptions,
  TestTokenOptions,
} from './options.js';
