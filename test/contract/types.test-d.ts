import type { FunctionContext, IntentFunction, Provider } from 'intentkit';
import type * as root from 'intentkit-auth';
import {
  type AuthClient,
  AuthError,
  type AuthErrorCode,
  type AuthProvider,
  type AuthProviderConfig,
  type AuthStatus,
  type AuthWarningCode,
  createAuthClient,
  createAuthProvider,
  type JwksOptions,
  type JwksStatus,
  type SignOptions,
  type TokenPayload,
  type VerifyFailure,
  type VerifyResult,
  type WarningHandler,
} from 'intentkit-auth';
import type * as functions from 'intentkit-auth/functions';
import { createToken, decodeToken, verifyToken } from 'intentkit-auth/functions';
import { describe, expectTypeOf, it } from 'vitest';

declare const client: AuthClient;
declare const ctx: FunctionContext;

type Leaf = string | number | boolean | bigint | symbol | null | undefined | Uint8Array;

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

describe('The entries', () => {
  it('export these values and no other', () => {
    expectTypeOf<keyof typeof root>().toEqualTypeOf<
      'createAuthClient' | 'createAuthProvider' | 'AuthError' | 'VERIFY_FAILURES'
    >();
    expectTypeOf<keyof typeof functions>().toEqualTypeOf<'createToken' | 'verifyToken' | 'decodeToken'>();
  });

  it('have no any anywhere', () => {
    // First, that the search finds what there is.
    type JsonText = ReturnType<typeof JSON.parse>;
    expectTypeOf<AnyPaths<JsonText>>().toEqualTypeOf<'it'>();
    expectTypeOf<AnyPaths<{ a?: { b: JsonText[] }; c: unknown }>>().toEqualTypeOf<'it.a.b[]'>();
    expectTypeOf<AnyPaths<(a: JsonText) => Promise<string>>>().toEqualTypeOf<'it(…)'>();
    expectTypeOf<AnyPaths<() => Promise<JsonText>>>().toEqualTypeOf<'it()~'>();
    expectTypeOf<AnyPaths<{ a?: string; b?: (c: { d: JsonText }) => void }>>().toEqualTypeOf<'it.b(…).d'>();
    expectTypeOf<AnyPaths<AuthProviderConfig & { a: JsonText }>>().toEqualTypeOf<'it.a'>();
    expectTypeOf<AnyPaths<JwksOptions & { a?: { b: JsonText } }>>().toEqualTypeOf<'it.a.b'>();

    expectTypeOf<AnyPaths<typeof createAuthClient>>().toBeNever();
    expectTypeOf<AnyPaths<typeof createAuthProvider>>().toBeNever();
    expectTypeOf<AnyPaths<ConstructorParameters<typeof AuthError>>>().toBeNever();
    expectTypeOf<AnyPaths<Pick<AuthError, 'name' | 'message' | 'code' | 'cause'>>>().toBeNever();
    // Without the second parameter: the context of IntentKit is not ours.
    expectTypeOf<AnyPaths<Parameters<typeof createToken.execute>[0]>>().toBeNever();
    expectTypeOf<AnyPaths<Parameters<typeof verifyToken.execute>[0]>>().toBeNever();
    expectTypeOf<AnyPaths<Parameters<typeof decodeToken.execute>[0]>>().toBeNever();
    expectTypeOf<AnyPaths<ReturnType<typeof createToken.execute>>>().toBeNever();
    expectTypeOf<AnyPaths<ReturnType<typeof verifyToken.execute>>>().toBeNever();
    expectTypeOf<AnyPaths<ReturnType<typeof decodeToken.execute>>>().toBeNever();
  });
});

describe('createAuthProvider and createAuthClient', () => {
  it('take a configuration and nothing else', () => {
    expectTypeOf(createAuthProvider).parameters.toEqualTypeOf<[config: AuthProviderConfig]>();
    expectTypeOf(createAuthClient).parameters.toEqualTypeOf<[config: AuthProviderConfig]>();
    expectTypeOf(createAuthProvider).returns.toEqualTypeOf<AuthProvider>();
    expectTypeOf(createAuthClient).returns.toEqualTypeOf<AuthClient>();
    // @ts-expect-error a configuration is needed
    createAuthProvider();
  });

  it('make what IntentKit takes as a provider', () => {
    expectTypeOf<AuthProvider>().toExtend<Provider>();
    expectTypeOf<AuthProvider>().toEqualTypeOf<{
      readonly name: string;
      initialize(): Promise<AuthClient>;
      healthCheck(): Promise<boolean>;
      shutdown(): Promise<void>;
    }>();
  });
});

describe('AuthProviderConfig', () => {
  it('has these options, all optional, none of which takes an undefined', () => {
    expectTypeOf<AuthProviderConfig>().toEqualTypeOf<{
      secret?: string | Uint8Array | readonly (string | Uint8Array)[];
      jwksUrl?: string;
      jwks?: JwksOptions;
      issuer?: string | readonly string[];
      audience?: string | readonly string[];
      algorithm?:
        | 'HS256'
        | 'HS384'
        | 'HS512'
        | 'RS256'
        | 'RS384'
        | 'RS512'
        | 'PS256'
        | 'PS384'
        | 'PS512'
        | 'ES256'
        | 'ES384'
        | 'ES512'
        | 'EdDSA'
        | 'Ed25519';
      defaultExpiry?: string;
      maxExpiry?: string;
      clockTolerance?: string;
      requiredClaims?: readonly string[];
      maxTokenAge?: string;
      typ?: string;
      name?: string;
      onWarning?: WarningHandler;
    }>();
    expectTypeOf<JwksOptions>().toEqualTypeOf<{
      issuer?: string | readonly string[];
      audience?: string | readonly string[];
      timeout?: string;
      cooldown?: string;
      cacheMaxAge?: string;
      staleIfError?: string;
      headers?: Readonly<Record<string, string>>;
      fetch?: typeof globalThis.fetch;
      dangerouslyAllowHttp?: boolean;
    }>();
  });

  it('takes what the readme of 1.0.1 gives it', () => {
    expectTypeOf<{
      secret: string;
      jwksUrl: string;
      issuer: string;
      audience: string;
      algorithm: 'HS384';
      defaultExpiry: string;
      name: string;
    }>().toExtend<AuthProviderConfig>();
  });

  it('refuses what it does not know', () => {
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
    // @ts-expect-error warnings have these codes and no other
    createAuthClient({ secret: 'a', onWarning: (_: string, code: 'OTHER') => code });
  });
});

describe('AuthClient', () => {
  it('has these methods and no other', () => {
    expectTypeOf<AuthClient>().toEqualTypeOf<{
      sign(payload: Record<string, unknown>, options?: SignOptions): Promise<string>;
      verify(token: string): Promise<VerifyResult>;
      decode(token: string): TokenPayload;
      ping(): Promise<boolean>;
      status(): AuthStatus;
    }>();
  });

  it('can be told from any other provider by a cast, as functions do', () => {
    expectTypeOf(ctx.providers.auth as AuthClient).toEqualTypeOf<AuthClient>();
  });

  it('signs a payload, also one that was verified or decoded', () => {
    client.sign({});
    client.sign({ role: 'admin' }, { subject: 'user-1', expiresIn: '24h', claims: { a: 1 } });
    expectTypeOf<VerifyResult['payload']>().toExtend<Parameters<AuthClient['sign']>[0]>();
    // @ts-expect-error a payload is needed
    client.sign();
    // @ts-expect-error a payload is an object
    client.sign('role=admin');
    // @ts-expect-error "issuer" is not an option of sign
    client.sign({}, { issuer: 'me' });
    // @ts-expect-error lifetimes are text
    client.sign({}, { expiresIn: 3600 });
  });

  it('verifies text', () => {
    // @ts-expect-error a header may be missing
    client.verify(undefined);
    // @ts-expect-error a token is needed
    client.decode();
  });
});

describe('SignOptions', () => {
  it('has three options, which may be undefined', () => {
    expectTypeOf<SignOptions>().toEqualTypeOf<{
      subject?: string | undefined;
      expiresIn?: string | undefined;
      claims?: Record<string, unknown> | undefined;
    }>();
  });
});

describe('VerifyResult', () => {
  it('has a verdict, the payload, and a reason when it is refused', () => {
    expectTypeOf<VerifyResult>().toEqualTypeOf<{
      valid: boolean;
      payload: TokenPayload;
      expired: boolean;
      reason?: VerifyFailure;
      message?: string;
    }>();
  });

  it('has one of these reasons', () => {
    expectTypeOf<VerifyFailure>().toEqualTypeOf<
      | 'malformed'
      | 'algorithm'
      | 'key'
      | 'signature'
      | 'expired'
      | 'not_yet_valid'
      | 'issuer'
      | 'audience'
      | 'claim'
    >();
  });
});

describe('TokenPayload', () => {
  it('types the registered claims, and any other as unknown', () => {
    expectTypeOf<TokenPayload>().toEqualTypeOf<{
      sub?: string;
      iss?: string;
      aud?: string | string[];
      exp?: number;
      nbf?: number;
      iat?: number;
      jti?: string;
      [claim: string]: unknown;
    }>();
    expectTypeOf<TokenPayload['role']>().toBeUnknown();
  });
});

describe('AuthStatus', () => {
  it('is read-only plain data', () => {
    expectTypeOf<AuthStatus>().toEqualTypeOf<{
      readonly canSign: boolean;
      readonly algorithms: readonly string[];
      readonly jwks?: JwksStatus;
      readonly pingFailure?: string;
    }>();
    expectTypeOf<JwksStatus>().toEqualTypeOf<{
      readonly url: string;
      readonly state: 'none' | 'fresh' | 'stale' | 'expired';
      readonly keyCount: number;
      readonly keyIds: readonly string[];
      readonly ageSeconds?: number;
      readonly lastError?: string;
      readonly retryInSeconds?: number;
    }>();
  });
});

describe('AuthError', () => {
  it('is an Error with one of these codes', () => {
    expectTypeOf<AuthError>().toExtend<Error>();
    expectTypeOf<AuthError['code']>().toEqualTypeOf<AuthErrorCode>();
    expectTypeOf<AuthError['name']>().toEqualTypeOf<'AuthError'>();
    expectTypeOf<AuthErrorCode>().toEqualTypeOf<
      | 'ERR_AUTH_CONFIG'
      | 'ERR_NO_SIGNING_KEY'
      | 'ERR_SIGN_INPUT'
      | 'ERR_TOKEN_MALFORMED'
      | 'ERR_JWKS_UNAVAILABLE'
    >();
    // @ts-expect-error codes are not made up
    new AuthError('ERR_OTHER', 'Do something else.');
  });
});

describe('Warnings', () => {
  it('have a message and one of these codes', () => {
    expectTypeOf<WarningHandler>().toEqualTypeOf<(message: string, code: AuthWarningCode) => void>();
    expectTypeOf<AuthWarningCode>().toEqualTypeOf<
      'WEAK_SECRET' | 'JWKS_FAILING' | 'JWKS_RECOVERED' | 'PING_FAILED'
    >();
  });
});

describe('The functions', () => {
  it('can be registered', () => {
    expectTypeOf([createToken, verifyToken, decodeToken]).toExtend<readonly IntentFunction[]>();
  });

  it('create_token takes claims, subject and lifetime, and answers with the token and its end', () => {
    expectTypeOf(createToken.execute).parameter(0).toEqualTypeOf<{
      claims?: Record<string, unknown> | undefined;
      subject?: string | undefined;
      expires_in?: string | undefined;
    }>();
    expectTypeOf<Awaited<ReturnType<typeof createToken.execute>>>().toEqualTypeOf<{
      token: string;
      expires_at: number;
    }>();
  });

  it('verify_token takes a token and answers with the verdict', () => {
    expectTypeOf(verifyToken.execute).parameter(0).toEqualTypeOf<{ token: string }>();
    expectTypeOf<Awaited<ReturnType<typeof verifyToken.execute>>>().toEqualTypeOf<{
      valid: boolean;
      expired: boolean;
      payload: Record<string, unknown>;
      reason?: string | undefined;
    }>();
  });

  it('decode_token takes a token and answers with its payload', () => {
    expectTypeOf(decodeToken.execute).parameter(0).toEqualTypeOf<{ token: string }>();
    expectTypeOf<Awaited<ReturnType<typeof decodeToken.execute>>>().toEqualTypeOf<{
      payload: Record<string, unknown>;
    }>();
  });

  it('run with the context of IntentKit', () => {
    expectTypeOf(createToken.execute).parameter(1).toEqualTypeOf<FunctionContext>();
    // @ts-expect-error a token is needed
    verifyToken.execute({}, ctx);
    // @ts-expect-error the audience is not the agent's to say
    createToken.execute({ audience: 'elsewhere' }, ctx);
  });
});
