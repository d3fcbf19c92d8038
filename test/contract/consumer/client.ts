// The client without IntentKit, and every public type.
import type * as types from 'intentkit-auth';
// @ts-expect-error The function is internal.
import type { clientFrom } from 'intentkit-auth';
import { AuthError, createAuthClient, createAuthProvider, VERIFY_FAILURES } from 'intentkit-auth';

const warnings: types.AuthWarningCode[] = [];
const onWarning: types.WarningHandler = (_message, code) => warnings.push(code);
const jwks: types.JwksOptions = { timeout: '2s' };
const algorithm: types.Algorithm = 'HS256';
const config: types.AuthProviderConfig = {
  secret: 'short',
  jwksUrl: 'http://127.0.0.1:1/',
  jwks,
  onWarning,
  algorithm,
};
const provider: types.AuthProvider = createAuthProvider({ secret: process.env.JWT_SECRET ?? '' });

const auth: types.AuthClient = createAuthClient(config);
const options: types.SignOptions = { subject: 'user-1', expiresIn: '5m' };
const token = await auth.sign({ role: 'editor' }, options);
const verdict: types.VerifyResult = await auth.verify(token);
const payload: types.TokenPayload = auth.decode(token);
const reason: types.VerifyFailure | undefined = (await auth.verify(`${token.slice(0, -8)}AAAAAAAA`)).reason;
const status: types.AuthStatus = auth.status();
const keys: types.JwksStatus | undefined = status.jwks;
const ignored: types.IgnoredKeyReason[] = [];

const codes: types.AuthErrorCode[] = [];
try {
  createAuthClient({});
} catch (error) {
  if (error instanceof AuthError) codes.push(error.code);
}

export type Unused = clientFrom;
const healthy = await provider.healthCheck();
const known = reason !== undefined && VERIFY_FAILURES.includes(reason);
process.stdout.write(
  JSON.stringify({ verdict, payload, known, keys: keys?.state, ignored, warnings, codes, healthy }),
);
