import { vi } from 'vitest';

/** What importing a module of the package gives on a runtime without `Buffer`. Nothing of it is left for others. */
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
