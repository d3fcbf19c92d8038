// Whether the errors that the functions throw are of the class that the root entry exports.
import { AuthError, createAuthClient } from 'intentkit-auth';
import { createToken, decodeToken } from 'intentkit-auth/functions';

const ctx = {
  providers: { auth: createAuthClient({ secret: process.env.JWT_SECRET ?? '' }) },
  role: 'admin',
  events: undefined,
};

const caught = async (work: () => unknown) => {
  try {
    await work();
  } catch (error) {
    return error instanceof AuthError && error.code;
  }
  return 'nothing';
};

process.stdout.write(
  JSON.stringify({
    'thrown by a function': await caught(() => createToken.execute({ claims: { iss: 'me' } }, ctx)),
    'thrown by sign': await caught(() => createToken.execute({ expires_in: 'never' }, ctx)),
    'thrown by decode': await caught(() => decodeToken.execute({ token: 'not a token' }, ctx)),
  }),
);
