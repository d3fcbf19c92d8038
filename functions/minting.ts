import { z } from 'intentkit';
import { type LifetimePolicy, readLifetime } from '../src/claims/lifetime.js';
import { internalsOf } from '../src/client/internals.js';
import { AuthError } from '../src/errors.js';
import { secondsNow } from '../src/shared/clock.js';
import { formatDuration, LONGEST_SECONDS } from '../src/shared/duration.js';
import type { AuthClient, SignOptions } from '../src/types.js';
import { reservedAmong } from './claims.js';
import type { MintConfig } from './options.js';

/** What an agent asks for, after the input schema has parsed it. */
interface Request {
  readonly claims: Record<string, unknown>;
  readonly subject?: string | undefined;
  readonly expires_in?: unknown;
}

/**
 * Checks what the input schema cannot check, and returns the options of `sign`.
 *
 * @throws {AuthError} `ERR_SIGN_INPUT`, with everything that is wrong.
 */
export function mintOptions(
  { claims, subject, expires_in: expiresIn }: Request,
  mint: MintConfig,
  auth: AuthClient,
): SignOptions {
  const policy = lifetimesOf(auth, mint);
  const lasts = lifetimeOf(expiresIn, policy);
  const problems = [
    // A transform may make something else, which `sign` refuses.
    reservedAmong(Object(claims)),
    isAllowed(subject, mint.subject) ? undefined : refusalOf(subject),
    typeof lasts === 'string' ? lasts : undefined,
  ].filter((problem) => problem !== undefined);
  if (problems.length > 0) throw new AuthError('ERR_SIGN_INPUT', problems.join(' '));
  return { ...(subject !== undefined && { subject }), expiresIn: `${lasts}s` };
}

/** The seconds that the token lasts, or a sentence that says what to write instead. */
function lifetimeOf(expiresIn: unknown, policy: LifetimePolicy): number | string {
  if (expiresIn === undefined) return policy.defaultExpiry;
  if (expiresIn !== null) return readLifetime(expiresIn, 'expires_in', policy, secondsNow());
  const byDefault = formatDuration(policy.defaultExpiry);
  return `"expires_in" must not be null: leave it out, or write for example ${byDefault}, which is the default.`;
}

const refusalOf = (subject: string | undefined): string =>
  subject === undefined
    ? '"subject" is missing: give one that this server allows. Its operator knows which.'
    : 'This server creates no tokens for that "subject": ask its operator which subjects are allowed.';

/** The "subject" field of the input. */
export function subjectField(allowed: MintConfig['subject']): z.ZodOptional<z.ZodString> {
  const subject = z
    .string()
    .min(1, { error: 'it must not be empty', abort: true })
    .refine((text) => text.trim() !== '', 'it must not be empty')
    .describe(
      `Who the token is about: the "sub" claim${typeof allowed === 'function' ? '. This server limits it' : ''}`,
    );
  // The types of the functions are the same for every configuration.
  return allowed === 'required' ? (subject as unknown as z.ZodOptional<z.ZodString>) : subject.optional();
}

/**
 * The "expires_in" field of the input. It accepts any value, because {@link mintOptions} knows what to write instead: it knows
 * the time, the default and the maximum.
 */
export function lifetimeField(auth: AuthClient | undefined, mint: MintConfig): z.ZodOptional<z.ZodString> {
  const description = lifetimeText(auth, mint);
  return z
    .unknown()
    .optional()
    .meta({ type: 'string', description }) as unknown as z.ZodOptional<z.ZodString>;
}

/** A provider that is only known by its name has bounds that are not known yet. */
function lifetimeText(auth: AuthClient | undefined, mint: MintConfig): string {
  if (!auth && mint.maxExpiry === undefined) return 'Lifetime such as "15m"; the server has a default';
  const { defaultExpiry, maxExpiry } = lifetimesOf(auth, mint);
  const most = maxExpiry < LONGEST_SECONDS ? `; at most ${formatDuration(maxExpiry)}` : '';
  return `Lifetime such as ${formatDuration(Math.min(600, maxExpiry))}; ${formatDuration(defaultExpiry)} by default${most}`;
}

const HOUR = 3600;

/** The bounds of the lifetime, in seconds. The bounds of a client from another package are not known. */
function lifetimesOf(
  auth: AuthClient | undefined,
  { maxExpiry = LONGEST_SECONDS }: MintConfig,
): LifetimePolicy {
  const { defaultExpiry, maxExpiry: most } = (auth && internalsOf(auth)?.lifetimes) ?? {
    defaultExpiry: HOUR,
    maxExpiry: LONGEST_SECONDS,
  };
  return { defaultExpiry: Math.min(defaultExpiry, maxExpiry), maxExpiry: Math.min(most, maxExpiry) };
}

function isAllowed(subject: string | undefined, allowed: MintConfig['subject']): boolean {
  if (typeof allowed !== 'function') return true;
  try {
    const answer: unknown = allowed(subject);
    // A promise is not `true`. Its rejection must not end the process.
    if (answer instanceof Promise) answer.catch(() => {});
    return answer === true;
  } catch {
    // The error may show what only the operator may see.
    return false;
  }
}
