// biome-ignore-all lint: the code of the specification, untouched.
// biome-ignore-all format: the code of the specification, untouched.
// biome-ignore-all assist: the code of the specification, untouched.

// The sample, which leaves nothing out:
interface AuthClient {
  // Sign a payload into a JWT token (requires symmetric secret)
  sign(payload: Record<string, unknown>, options?: SignOptions): Promise<string>;

  // Verify a token's signature and claims
  verify(token: string): Promise<VerifyResult>;

  // Decode without verification (never trust unverified data)
  decode(token: string): TokenPayload;

  // Health check
  ping(): Promise<boolean>;
}

interface SignOptions {
  subject?: string; // sub claim
  expiresIn?: string; // override default expiry (e.g., '2h', '7d')
  claims?: Record<string, unknown>; // additional claims
}

interface VerifyResult {
  valid: boolean; // signature + claims valid
  payload: TokenPayload; // decoded payload
  expired: boolean; // failed specifically due to expiration
}

interface TokenPayload {
  sub?: string;
  iss?: string;
  aud?: string;
  exp?: number;
  iat?: number;
  [key: string]: unknown;
}

// Each interface can stand for ours and ours for it, but for three differences. Identity providers issue lists in
// `aud`, so our type says so; our client can do more; and our result is a union, which can stand for the interface of
// the specification, but not the other way round.
import type * as ours from 'intentkit-auth';

type WithLists<T> = { [Claim in keyof T]: Claim extends 'aud' ? string | string[] : T[Claim] };
type Payload = WithLists<TokenPayload>;
type Result = Omit<VerifyResult, 'payload'> & { payload: Payload };
type Client = Omit<AuthClient, 'verify' | 'decode'> & {
  verify(token: string): Promise<Result>;
  decode(token: string): Payload;
};

declare function mutual<A extends B, B extends C, C = A>(): void;
declare function assignable<A extends B, B>(): void;
export const checks = [
  () => mutual<SignOptions, ours.SignOptions>(),
  () => mutual<Payload, ours.TokenPayload>(),
  () => assignable<ours.VerifyResult, Result>(),
  () => assignable<ours.AuthClient, Client>(),
  // What is written for the specification's payload can be given to ours as it stands.
  (payload: TokenPayload): ours.TokenPayload => payload,
];
