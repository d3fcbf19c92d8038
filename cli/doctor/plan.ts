import { parseMilliseconds } from '../../src/shared/duration.js';
import { type Options, UsageError } from '../arguments.js';

/** What to check: the options, validated. */
export interface Plan {
  /** As it was given. Issuers are compared as text. */
  readonly issuer: string;
  /** The issuer as a URL. `undefined` if it is other text, and then its keys cannot be discovered. */
  readonly issuerUrl: URL | undefined;
  readonly audience: string | undefined;
  readonly jwksUrl: URL | undefined;
  readonly mcp: URL | undefined;
  /** The time limit of each request. */
  readonly timeoutMs: number;
}

/** The longest `--timeout`. */
const MAX_TIMEOUT_MS = 5 * 60_000;

/** @throws {UsageError} when an option is missing or unusable. */
export function planOf(options: Options): Plan {
  const { issuer, audience, mcp, timeout = '5s' } = options;
  const jwksUrl = options['jwks-url'];
  if (!issuer) throw new UsageError('Give --issuer, such as https://id.example.com/tenant.');
  // Some providers name themselves by other text, such as a project id.
  const issuerUrl = isHttp(issuer) ? checkedUrl('--issuer', issuer) : undefined;
  if (issuerUrl?.search || issuerUrl?.hash) {
    throw new UsageError('--issuer must have neither a query nor a fragment.');
  }
  if (audience === '') throw new UsageError('--audience must not be empty.');
  const timeoutMs = parseMilliseconds(timeout) ?? 0;
  if (timeoutMs < 1 || timeoutMs > MAX_TIMEOUT_MS) {
    throw new UsageError('--timeout must be a duration of at most 5 minutes, such as 5s.');
  }
  return {
    issuer,
    issuerUrl,
    audience,
    jwksUrl: jwksUrl === undefined ? undefined : checkedUrl('--jwks-url', jwksUrl),
    mcp: mcp === undefined ? undefined : checkedUrl('--mcp', mcp),
    timeoutMs,
  };
}

const isHttp = (text: string): boolean => /^https?:/i.test(text);

// The message never shows the URL, which may hold a password.
function checkedUrl(option: string, text: string): URL {
  const url = isHttp(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (!url) throw new UsageError(`${option} must be an https: URL, or an http: URL on this machine.`);
  if (url.username || url.password) throw new UsageError(`${option} must not hold credentials.`);
  return url;
}
