import { parseMilliseconds } from '../../src/shared/duration.js';
import { type Options, UsageError } from '../arguments.js';

/** What to check: the options, validated. */
export interface Plan {
  /** As it was given. Issuers are compared as text. */
  readonly issuer: string;
  readonly audience: string | undefined;
  readonly jwksUrl: URL | undefined;
  readonly mcp: URL | undefined;
  /** The time limit of each request. */
  readonly timeoutMs: number;
}

/** @throws {UsageError} when an option is missing or unusable. */
export function planOf(options: Options): Plan {
  const { issuer, audience, mcp, timeout = '5s' } = options;
  const jwksUrl = options['jwks-url'];
  if (issuer === undefined) throw new UsageError('Give --issuer, such as https://id.example.com/tenant.');
  const { search, hash } = checkedUrl('--issuer', issuer);
  if (search || hash) throw new UsageError('--issuer must have neither a query nor a fragment.');
  if (audience === '') throw new UsageError('--audience must not be empty.');
  const timeoutMs = parseMilliseconds(timeout) ?? 0;
  if (timeoutMs < 1) throw new UsageError('--timeout must be a duration, such as 5s.');
  return {
    issuer,
    audience,
    jwksUrl: jwksUrl === undefined ? undefined : checkedUrl('--jwks-url', jwksUrl),
    mcp: mcp === undefined ? undefined : checkedUrl('--mcp', mcp),
    timeoutMs,
  };
}

// The message never shows the URL, which may hold a password.
function checkedUrl(option: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw new UsageError(`${option} must be an https: URL, or an http: URL on this machine.`);
  }
  if (url.username || url.password) throw new UsageError(`${option} must not hold credentials.`);
  return url;
}
