import { createHash } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { sha256 } from '../../../src/shared/runtime.js';

it.each(['hex', 'base64url'] as const)('SHA-256 in %s is the same with Web Crypto', async (encoding) => {
  const getBuiltinModule = vi.spyOn(process, 'getBuiltinModule').mockReturnValue(undefined);
  vi.resetModules();
  const web = await import('../../../src/shared/runtime.js');
  getBuiltinModule.mockRestore();
  // Other files of the same worker must not get this module.
  vi.resetModules();
  // Their hashes have every character that differs between base64 and base64url.
  for (const text of ['', 'Zoë 🦊', ...Array.from({ length: 50 }, (_, index) => `text ${index}`)]) {
    const expected = createHash('sha256').update(text).digest(encoding);
    expect(web.sha256(text, encoding)).toBeInstanceOf(Promise);
    expect([await web.sha256(text, encoding), sha256(text, encoding)]).toEqual([expected, expected]);
  }
});
