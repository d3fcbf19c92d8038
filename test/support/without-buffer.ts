import { vi } from 'vitest';

/** Imports a module of the package as on a runtime without `Buffer`. Later imports are not affected. */
export async function withoutBuffer<T>(load: () => Promise<T>): Promise<T> {
  vi.resetModules();
  vi.stubGlobal('Buffer', undefined);
  try {
    return await load();
  } finally {
    vi.unstubAllGlobals();
    vi.resetModules();
  }
}
