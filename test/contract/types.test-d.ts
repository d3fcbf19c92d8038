// What the types allow and what they refuse. That they are those of the readme of 1.0.1 is what
// consumer/specification/client-api.ts proves, against the packed package.
import { type } from 'arktype';
import type { FunctionContext, IntentFunction, Provider } from 'intentkit';
import type * as root from 'intentkit-auth';
import {
  type AuthClient,
  AuthError,
  type AuthProvider,
  type AuthProviderConfig,
  type AuthStatus,
  type ConformingResult,
  createAuthClient,
  createAuthProvider,
  type RefusedToken,
  type TokenPayload,
  type ValidToken,
  VERIFY_FAILURES,
  type VerifyFailure,
  type VerifyResult,
} from 'intentkit-auth';
import type * as functions from 'intentkit-auth/functions';
import { createToken, type decodeToken, verifyToken } from 'intentkit-auth/functions';
import * as v from 'valibot';
import { expectTypeOf, it } from 'vitest';
import * as z from 'zod';

declare const client: AuthClient;
declare const ctx: FunctionContext;

type Leaf = string | number | boolean | bigint | symbol | null | undefined | Uint8Array | ArrayBuffer;

/** The paths at which a type is `any`. What the global fetch is made of is not ours. */
type AnyPaths<T, Path extends string = 'it'> = 0 extends 1 & T
  ? Path
  : T extends Leaf
    ? never
    : typeof fetch extends T
      ? never
      : T extends Promise<infer Value>
        ? AnyPaths<Value, `${Path}~`>
        : T extends (...parameters: infer Parameters) => infer Result
          ? AnyPaths<Parameters[number], `${Path}(…)`> | AnyPaths<Result, `${Path}()`>
          : T extends readonly (infer Item)[]
            ? AnyPaths<Item, `${Path}[]`>
            : { [Key in keyof T & string]-?: AnyPaths<T[Key], `${Path}.${Key}`> }[keyof T & string];

type Output<T> = T | Promise<T>;
/** Without the second parameter: the context of IntentKit is not ours. */
type Call<Fn extends { execute: (...parameters: never) => unknown }> = [
  Parameters<Fn['execute']>[0],
  ReturnType<Fn['execute']>,
];

it('The search for any finds one wherever it is', () => {
  type JsonText = ReturnType<typeof JSON.parse>;
  expectTypeOf<AnyPaths<JsonText>>().toEqualTypeOf<'it'>();
  expectTypeOf<AnyPaths<{ a?: { b: JsonText[] }; c: unknown }>>().toEqualTypeOf<'it.a.b[]'>();
  expectTypeOf<AnyPaths<(a: JsonText) => string>>().toEqualTypeOf<'it(…)'>();
  expectTypeOf<AnyPaths<() => Promise<JsonText>>>().toEqualTypeOf<'it()~'>();
  expectTypeOf<AnyPaths<{ a?: string; b?: (c: { d: JsonText }) => void }>>().toEqualTypeOf<'it.b(…).d'>();
  expectTypeOf<AnyPaths<AuthProviderConfig & { a: JsonText }>>().toEqualTypeOf<'it.a'>();
});

type Tools = Omit<typeof functions, 'getAuthClient' | 'createTokenFunctions'>;

it('No type of the entries is any, at any depth', () => {
  expectTypeOf<AnyPaths<Omit<typeof root, 'AuthError'>>>().toBeNever();
  expectTypeOf<AnyPaths<ConstructorParameters<typeof AuthError>>>().toBeNever();
  expectTypeOf<AnyPaths<Pick<AuthError, 'name' | 'message' | 'code' | 'cause'>>>().toBeNever();
  expectTypeOf<AnyPaths<{ [Fn in keyof Tools]: Call<Tools[Fn]> }>>().toBeNever();
  expectTypeOf<AnyPaths<typeof functions.getAuthClient>>().toBeNever();
});

it('The provider has the type that IntentKit expects, and a cast gets its client from the context', () => {
  expectTypeOf<AuthProvider>().toExtend<Provider>();
  expectTypeOf<AuthProvider['initialize']>().returns.resolves.toEqualTypeOf<AuthClient>();
  expectTypeOf(ctx.providers.auth as AuthClient).toEqualTypeOf<AuthClient>();
  expectTypeOf(createAuthProvider).parameters.toEqualTypeOf<[config: AuthProviderConfig]>();
  expectTypeOf(createAuthClient).parameters.toEqualTypeOf<[config: AuthProviderConfig]>();
});

it('The options are those of the readme of 1.0.1 and more, each of them optional', () => {
  type Specified = Record<'secret' | 'jwksUrl' | 'issuer' | 'audience' | 'defaultExpiry' | 'name', string>;
  expectTypeOf<Specified & { algorithm: 'HS384' }>().toExtend<AuthProviderConfig>();
  expectTypeOf<Partial<AuthProviderConfig>>().toEqualTypeOf<AuthProviderConfig>();
});

it('The configuration refuses what it does not know', () => {
  // @ts-expect-error a configuration is needed
  createAuthProvider();
  // @ts-expect-error "secrets" is not an option
  createAuthClient({ secrets: ['a'] });
  // @ts-expect-error "url" is not an option of jwks
  createAuthClient({ jwksUrl: 'https://idp.example', jwks: { url: 'https://idp.example' } });
  // @ts-expect-error none is no algorithm
  createAuthClient({ secret: 'a', algorithm: 'none' });
  // @ts-expect-error durations are text
  createAuthClient({ secret: 'a', defaultExpiry: 3600 });
  // @ts-expect-error an environment variable may be undefined
  createAuthClient({ secret: process.env.JWT_SECRET });
  // @ts-expect-error URLs are text
  createAuthClient({ jwksUrl: new URL('https://idp.example') });
  // @ts-expect-error warnings have certain codes and no other
  createAuthClient({ secret: 'a', onWarning: (_: string, code: 'OTHER') => code });
  // @ts-expect-error so have errors
  new AuthError('ERR_OTHER', 'Do something else.');
});

it('The client signs a payload, also one that was verified or decoded, and nothing else', () => {
  client.sign({ role: 'admin' }, { subject: 'user-1', expiresIn: '24h', claims: { a: 1 } });
  expectTypeOf<VerifyResult['payload']>().toExtend<Parameters<AuthClient['sign']>[0]>();
  expectTypeOf(client.decode).returns.toExtend<Parameters<AuthClient['sign']>[0]>();
  // @ts-expect-error a payload is needed
  client.sign();
  // @ts-expect-error a payload is an object
  client.sign('role=admin');
  // @ts-expect-error "issuer" is not an option of sign
  client.sign({}, { issuer: 'me' });
  // @ts-expect-error lifetimes are text
  client.sign({}, { expiresIn: 3600 });
  // @ts-expect-error a token is needed
  client.decode();
});

it('A refused result has a reason and a message, also when it is taken apart', async () => {
  const result = await client.verify<{ role: string }>('token');
  expectTypeOf(result).toEqualTypeOf<VerifyResult<{ role: string }>>();
  // @ts-expect-error only a refused result has a reason
  result.reason.length;
  // @ts-expect-error only a refused result has a message
  result.message.length;
  if (result.valid) {
    expectTypeOf(result.expired).toEqualTypeOf<false>();
    expectTypeOf(result.reason).toBeUndefined();
  } else {
    expectTypeOf(result.expired).toEqualTypeOf<boolean>();
    expectTypeOf(result.reason).toEqualTypeOf<VerifyFailure>();
    expectTypeOf(result.message).toEqualTypeOf<string>();
  }
  if (result.reason === undefined) expectTypeOf(result).toEqualTypeOf<ValidToken<{ role: string }>>();
  const { valid, reason, message, payload } = result;
  expectTypeOf(reason).toEqualTypeOf<VerifyFailure | undefined>();
  if (!valid) {
    expectTypeOf(reason).toEqualTypeOf<VerifyFailure>();
    expectTypeOf(message).toEqualTypeOf<string>();
  }
  expectTypeOf(payload.role).toEqualTypeOf<string | undefined>();
  expectTypeOf(payload.exp).toEqualTypeOf<number | undefined>();
});

it('With a schema, the payload of an accepted token is the output of the schema', async () => {
  const zod = z.object({ sub: z.string(), level: z.string().transform(Number) });
  const result = await client.verify('token', { claims: zod });
  expectTypeOf(result).toEqualTypeOf<ConformingResult<{ sub: string; level: number }>>();
  expectTypeOf(result).toExtend<{ valid: boolean; payload: TokenPayload; expired: boolean }>();
  if (result.valid) expectTypeOf(result.payload).toEqualTypeOf<{ sub: string; level: number }>();
  else expectTypeOf(result).toEqualTypeOf<RefusedToken>();

  const valibot = await client.verify('token', { claims: v.object({ roles: v.array(v.string()) }) });
  if (valibot.valid) expectTypeOf(valibot.payload).toEqualTypeOf<{ roles: string[] }>();
  const arktype = await client.verify('token', { claims: type({ roles: 'string[]' }) });
  if (arktype.valid) expectTypeOf(arktype.payload).toEqualTypeOf<{ roles: string[] }>();

  // @ts-expect-error a schema is needed
  client.verify('token', {});
  // @ts-expect-error "claim" is not an option of verify
  client.verify('token', { claims: zod, claim: zod });
  // @ts-expect-error what describes claims in words is no schema
  client.verify('token', { claims: { sub: 'string' } });
});

it('The client verifies the members of a list', () => {
  expectTypeOf(['token'].map(client.verify)).toEqualTypeOf<Promise<VerifyResult>[]>();
  expectTypeOf(client).toExtend<{ verify(token: string): Promise<VerifyResult> }>();
});

it('A result has the type in the readme of 1.0.1, with any named claims', () => {
  interface Specified {
    valid: boolean;
    payload: TokenPayload;
    expired: boolean;
  }
  expectTypeOf<VerifyResult>().toExtend<Specified>();
  expectTypeOf<VerifyResult<{ role: string; sub: string }>>().toExtend<Specified>();
  expectTypeOf<VerifyResult<{ role: string }>>().toExtend<VerifyResult>();
  // This repository sets `exactOptionalPropertyTypes`.
  expectTypeOf<VerifyResult>().toExtend<
    Specified & { reason?: VerifyFailure | undefined; message?: string | undefined }
  >();
  // @ts-expect-error a refused result has a reason and a message
  ({ valid: false, payload: {}, expired: false }) satisfies VerifyResult;
  // @ts-expect-error an accepted result has not expired
  ({ valid: true, payload: {}, expired: true }) satisfies VerifyResult;
  // @ts-expect-error what is accepted has no reason
  ({ valid: true, payload: {}, expired: false, reason: 'key' }) satisfies VerifyResult;
});

it('Verdicts and payloads are typed as far as they are known', () => {
  expectTypeOf(VERIFY_FAILURES).items.toEqualTypeOf<NonNullable<VerifyResult['reason']>>();
  expectTypeOf<TokenPayload['aud']>().toEqualTypeOf<string | string[] | undefined>();
  expectTypeOf<TokenPayload['role']>().toBeUnknown();
  expectTypeOf(client.status).returns.toEqualTypeOf<Readonly<AuthStatus>>();
});

it('The functions can be registered, and have the inputs and outputs in the readme', () => {
  expectTypeOf<Tools[keyof Tools]>().toExtend<IntentFunction>();
  expectTypeOf<keyof Tools>().toEqualTypeOf<keyof functions.TokenFunctions>();
  expectTypeOf(createToken.execute).parameter(1).toEqualTypeOf<FunctionContext>();
  type Claims = Record<string, unknown>;
  type Input = { claims?: Claims | undefined; subject?: string | undefined; expires_in?: string | undefined };
  type Verdict = Omit<VerifyResult, 'payload' | 'reason' | 'message'> & {
    payload: Claims;
    reason?: VerifyFailure | undefined;
    message?: string | undefined;
    expires?: string | undefined;
    expires_in_seconds?: number | null | undefined;
  } & Shortened;
  type Shortened = { shortened?: true | undefined };
  type Created = { token: string; expires_at: number; expires: string; expires_in_seconds: number };
  expectTypeOf<Call<typeof createToken>>().branded.toEqualTypeOf<[Input, Output<Created>]>();
  expectTypeOf<Call<typeof verifyToken>>().branded.toEqualTypeOf<[{ token: string }, Output<Verdict>]>();
  expectTypeOf<Call<typeof decodeToken>>().branded.toEqualTypeOf<
    [{ token: string }, Output<{ verified: false; payload: Claims } & Shortened>]
  >();
  // @ts-expect-error a token is needed
  verifyToken.execute({}, ctx);
  // @ts-expect-error the audience is not the agent's to say
  createToken.execute({ audience: 'elsewhere' }, ctx);
});
