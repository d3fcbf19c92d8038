import { describe, expect, it } from 'vitest';
import { HeaderMemory } from '../../../src/token/header.js';

describe('HeaderMemory', () => {
  const of = (n: number): [string, { alg: string }] => [`segment-${n}`, { alg: `alg-${n}` }];

  it('HeaderMemory keeps 64 headers, and the next one replaces the oldest', () => {
    const memory = new HeaderMemory(64);
    for (let n = 1; n <= 64; n += 1) memory.add(...of(n));
    memory.add(...of(1));
    expect([memory.get('segment-1'), memory.get('segment-64')]).toEqual([of(1)[1], of(64)[1]]);
    memory.add(...of(65));
    const kept = [1, 2, 64, 65].map((n) => memory.get(`segment-${n}`));
    expect(kept).toEqual([undefined, of(2)[1], of(64)[1], of(65)[1]]);
  });

  it('HeaderMemory keeps no header longer than 1024 characters', () => {
    const memory = new HeaderMemory(64);
    const longest = 'x'.repeat(1024);
    memory.add(longest, { alg: 'longest' });
    memory.add(`${longest}x`, { alg: 'too long' });
    expect([memory.get(longest), memory.get(`${longest}x`)]).toEqual([{ alg: 'longest' }, undefined]);
  });
});
