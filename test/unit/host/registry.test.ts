import { defineFunction, IntentRegistry, z } from 'intentkit';
import { describe, expect, it } from 'vitest';

const none = z.object({});
const named = (name: string) =>
  defineFunction({
    name,
    intent: 'Nothing',
    permissions: [],
    input: none,
    output: none,
    execute: () => ({}),
  });

describe('IntentRegistry', () => {
  it('IntentRegistry keeps the functions in the order of their registration, also over chained calls', () => {
    const registry = new IntentRegistry().register(named('b'), named('a')).register(named('c'));
    expect(Array.from(registry, ({ name }) => name)).toEqual(['b', 'a', 'c']);
  });

  it('IntentRegistry refuses a name that is taken, within one call and across calls', () => {
    const message = 'The function "a" is registered twice.';
    expect(() => new IntentRegistry().register(named('a'), named('a'))).toThrow(message);
    expect(() => new IntentRegistry().register(named('a')).register(named('a'))).toThrow(message);
  });
});

describe('defineFunction', () => {
  it.each(['create_token', 'a.b-c', 'x'.repeat(128)])('defineFunction accepts the name %j', (name) => {
    expect(named(name).name).toBe(name);
  });

  it.each(['', 'create token', 'x'.repeat(129), 'é', 'a\n'])('defineFunction refuses the name %j', (name) => {
    expect(() => named(name)).toThrow('must be 1 to 128 letters, digits, "_", "-" or ".".');
  });

  it('defineFunction requires no provider by default, and freezes the function', () => {
    expect(named('a').requires).toEqual([]);
    expect(named('a')).toSatisfy(Object.isFrozen);
  });
});
