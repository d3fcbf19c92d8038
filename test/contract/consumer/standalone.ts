// The client without IntentKit, and every public type.

// @ts-expect-error The class is internal.
import type { clientFrom } from 'intentkit-auth';
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

const warnings: AuthWarningCode[] = [];
const onWarning: WarningHandler = (_message, code) => warnings.push(code);
const jwks: JwksOptions = { timeout: '2s' };
const config: AuthProviderConfig = { secret: 'short', jwksUrl: 'http://127.0.0.1:1/', jwks, onWarning };

const auth: AuthClient = createAuthClient(config);
const provider: AuthProvider = createAuthProvider({ secret: process.env.JWT_SECRET ?? '' });

const options: SignOptions = { subject: 'user-1', expiresIn: '5m' };
const token: string = await auth.sign({ role: 'editor' }, options);
const verdict: VerifyResult = await auth.verify(token);
const payload: TokenPayload = auth.decode(token);
const tampered: VerifyResult = await auth.verify(`${token.slice(0, -8)}AAAAAAAA`);
const reason: VerifyFailure | undefined = tampered.reason;
const status: AuthStatus = auth.status();
const keys: JwksStatus | undefined = status.jwks;

const codes: AuthErrorCode[] = [];
try {
  createAuthClient({});
} catch (error) {
  if (error instanceof AuthError) codes.push(error.code);
}

export type Unused = clientFrom;
process.stdout.write(
  JSON.stringify({
    verdict,
    payload,
    reason,
    keys: keys?.state,
    warnings,
    codes,
    provider: [provider.name, await provider.healthCheck()],
  }),
);
