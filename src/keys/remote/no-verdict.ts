import { AuthError } from '../../errors.js';

/** The error there is instead of a verdict, with the time after which there may be one, in whole seconds. */
export function noVerdict(problem: string, retryInMs: number, cause?: Error): AuthError {
  const retryAfter = Math.max(1, Math.ceil(retryInMs / 1000));
  return new AuthError(
    'ERR_JWKS_UNAVAILABLE',
    `The token was neither accepted nor refused, because ${problem}; try again in ${retryAfter} s.`,
    { retryAfter, ...(cause && { cause }) },
  );
}

/** That keys could not be fetched, and why. An issuer is configured, and no secret. */
export const unfetched = ({ issuer }: { issuer: string | undefined }, { message }: Error): string => {
  const keys = issuer === undefined ? 'the keys behind "jwksUrl"' : `the keys of ${JSON.stringify(issuer)}`;
  return `${keys} could not be fetched (${message})`;
};
