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
