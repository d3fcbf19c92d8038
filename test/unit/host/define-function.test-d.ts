import { defineFunction, type FunctionContext, IntentRegistry, type Provider, z } from 'intentkit';
import type { createAuthProvider } from 'intentkit-auth';
import { describe, expectTypeOf, it } from 'vitest';

const common = { name: 'f', intent: 'Do something', permissions: ['some:thing'] };

describe('defineFunction', () => {
  it('infers the input of execute from the input schema', () => {
    const fn = defineFunction({
      ...common,
      input: z.object({ count: z.number(), note: z.string().optional(), size: z.number().default(1) }),
      output: z.object({}),
      execute: (input, ctx) => {
        expectTypeOf(input).toEqualTypeOf<{ count: number; note?: string | undefined; size: number }>();
        expectTypeOf(ctx).toEqualTypeOf<FunctionContext>();
        return {};
      },
    });
    new IntentRegistry().register(fn);
  });

  it('checks the result of execute against the output schema', () => {
    const output = z.object({ token: z.string() });
    defineFunction({ ...common, input: z.object({}), output, execute: async () => ({ token: 'a' }) });
    // @ts-expect-error token is a string
    defineFunction({ ...common, input: z.object({}), output, execute: async () => ({ token: 1 }) });
    // @ts-expect-error token is missing
    defineFunction({ ...common, input: z.object({}), output, execute: () => ({}) });
  });

  it('accepts only object schemas, because tools have no others', () => {
    // @ts-expect-error a string is not an object
    defineFunction({ ...common, input: z.string(), output: z.object({}), execute: () => ({}) });
  });

  it('types the providers as unknown, so that code has to cast them', () => {
    expectTypeOf<FunctionContext['providers']>().toEqualTypeOf<Readonly<Record<string, unknown>>>();
  });
});

describe('Provider', () => {
  it('is what createAuthProvider returns', () => {
    expectTypeOf<typeof createAuthProvider>().returns.toExtend<Provider>();
  });
});
