const SECOND = 1000;
const MINUTE = 60 * SECOND;

/** The defaults of the top-level options, as far as they are values. */
export const DEFAULTS = {
  name: 'auth',
  hmac: 'HS256',
  expirySeconds: 60 * 60,
  maxExpirySeconds: Number.POSITIVE_INFINITY,
  clockToleranceSeconds: 0,
  typToSign: 'JWT',
} as const;

/** The defaults of `jwks` and of an entry of `issuers`. */
export const REMOTE_DEFAULTS = {
  allowHttp: false,
  timeoutMs: 5 * SECOND,
  cooldownMs: 10 * SECOND,
  cacheMaxAgeMs: 10 * MINUTE,
  staleIfErrorMs: 60 * MINUTE,
} as const;
