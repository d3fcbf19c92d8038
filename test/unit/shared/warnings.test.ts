import { createAuthClient } from 'intentkit-auth';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { emitWarning, safely } from '../../../src/shared/warnings.js';

describe('emitWarning', () => {
  it('emitWarning calls process.emitWarning, and clients use it by default', () => {
    const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    onTestFinished(() => emitted.mockRestore());
    emitWarning('A sentence.', 'JWKS_FAILING');
    createAuthClient({ secret: 'short' });
    createAuthClient({ secret: 'short', onWarning: () => {} });
    expect(emitted.mock.calls).toEqual([
      ['A sentence.', { type: 'AuthWarning', code: 'JWKS_FAILING' }],
      [expect.stringMatching(/^"secret" should be /), { type: 'AuthWarning', code: 'WEAK_SECRET' }],
    ]);
  });

  it.each<[without: string, process: object | undefined]>([
    ['process', undefined],
    ['process.emitWarning', { ...process, emitWarning: undefined }],
  ])('emitWarning calls console.warn, and does not write to stdout, without %s', (_, without) => {
    const warned = vi.spyOn(console, 'warn').mockImplementation(() => {});
    warned.mockClear();
    const stdout = vi.spyOn(process.stdout, 'write');
    onTestFinished(() => stdout.mockRestore());
    vi.stubGlobal('process', without);
    try {
      emitWarning('A sentence.', 'PING_FAILED');
    } finally {
      vi.unstubAllGlobals();
    }
    expect(warned.mock.calls).toEqual([['AuthWarning [PING_FAILED]: A sentence.']]);
    expect(stdout).not.toHaveBeenCalled();
  });
});

describe('safely', () => {
  it('safely calls the handler, and ignores its errors', () => {
    const handler = vi.fn(() => {
      throw new Error('broken logger');
    });
    expect(() => safely<[string, string]>(handler)('A sentence.', 'WEAK_SECRET')).not.toThrow();
    expect(handler.mock.calls).toEqual([['A sentence.', 'WEAK_SECRET']]);
  });
});
