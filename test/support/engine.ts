import type { SignatureEngine, SigningKey } from '../../src/signature/engine.js';
import { joseEngine } from '../../src/signature/jose.js';

/** jose's engine with changed keys. */
export const engineWith = (change: Partial<SigningKey>): SignatureEngine => ({
  name: 'jose',
  importSecret: async (...args) => ({ ...(await joseEngine.importSecret(...args)), ...change }),
  importPublicKey: (...args) => ({ ...joseEngine.importPublicKey(...args), ...change }),
});
