/**
 * Whether a host of a parsed URL is this machine, where nobody listens in on `http:`. Not `*.localhost`, which leads
 * where the resolver says. The URL parser has already turned every spelling of an IPv4 address into four decimals.
 */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || host === '[::1]' || /^127(\.\d+){3}$/.test(host);
