/** At least 64 bytes, which is enough for every HMAC hash. */
export const SECRET = 'a secret of sixty-four bytes, which is enough for every HMAC hash';
/** Another secret of the same length. A client knows it only if a test configures it. */
export const OTHER_SECRET = 'another secret, just as long, that no client in here was given :)';
