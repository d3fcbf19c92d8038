// Whether the errors that the functions throw are of the class that the root entry exports.
import { AuthError, createAuthClient } from 'intentkit-auth';
import { createToken } from 'intentkit-auth/functions';

const auth = createAuthClient({ secret: process.env.JWT_SECRET ?? '' });
try {
  await createToken.execute(
    { claims: { iss: 'me' } },
    { providers: { auth }, role: 'admin', events: undefined },
  );
} catch (error) {
  process.stdout.write(JSON.stringify(error instanceof AuthError && error.code));
}
