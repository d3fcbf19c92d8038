import { defineFunction, IntentRegistry, z } from 'intentkit';
import { describe, expect, it } from 'vitest';

const named = (name: string) =>
  defineFunction({
    name,
    intent: 'Do nothing',
    permissions: [],
    input: z.object({}),
    output: z.object({}),
    execute: () => ({}),
  });

describe('IntentRegistry', () => {
  it('keeps functions in the order they were registered, over chained calls', () => {
    const registry = new IntentRegistry().register(named('b'), named('a')).register(named('c'));
    expect([...registry].map(({ name }) => name)).toEqual(['b', 'a', 'c']);
  });

  it('refuses a name that is taken, within one call and across calls', () => {
    const message = 'The function "a" is registered twice.';
    expect(() => new IntentRegistry().register(named('a'), named('a'))).toThrow(message);
    expect(() => new IntentRegistry().register(named('a')).register(named('a'))).toThrow(message);
  });
});

describe('defineFunction', () => {
  it.each(['create_token', 'a.b-c', 'x'.repeat(128)])('accepts the name %j', (name) => {
    expect(named(name).name).toBe(name);
  });

  it.each(['', 'create token', 'x'.repeat(129), 'é', 'a\n'])('refuses the name %j', (name) => {
    expect(() => named(name)).toThrow('must be 1 to 128 letters, digits, "_", "-" or ".".');
  });

  it('requires no provider unless told so, and cannot be changed afterwards', () => {
    const fn = named('a');
    expect(fn.requires).toEqual([]);
    expect(Object.isFrozen(fn)).toBe(true);
  });
});
