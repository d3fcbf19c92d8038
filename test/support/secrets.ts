/** At least 64 bytes, which is enough for every HMAC hash. */
export const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';
/** As long, and not known to a client unless a test gives it to one. */
export const OTHER_SECRET = 'another secret, just as long, that no client in here was given :)';
