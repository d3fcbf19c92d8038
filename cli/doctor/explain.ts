import { shownUrl } from '../../src/shared/url.js';

/** What an endpoint answered, as far as it is known. */
export interface Seen {
  readonly status?: number;
  readonly location?: string | undefined;
  readonly contentType?: string | undefined;
}

/** A cause, and what to change. Both are sentences. */
export interface Explanation {
  readonly message: string;
  readonly change: string;
}

type Sentences = readonly [message: string, change: string];

const REACH = 'Look at the address, and at what stands between: firewall, proxy, VPN, container network.';
const TRUST =
  'If a private authority issued it, name that in NODE_EXTRA_CA_CERTS, for your server too; otherwise renew it with its full chain.';

/** What the codes of Node's network errors mean. */
const CODES: Readonly<Record<string, Sentences>> = {
  ENOTFOUND: ['Its host does not exist.', 'Look for a spelling mistake in the host.'],
  EAI_AGAIN: ['Its host could not be looked up just now.', 'Look at the DNS of this machine, and try again.'],
  ECONNREFUSED: [
    'Nobody listens at its host and port.',
    'Look at the port, and whether the identity provider runs.',
  ],
  ECONNRESET: [
    'The connection was cut.',
    'If the port speaks https:, say https: in the URL; otherwise look at proxies.',
  ],
  UND_ERR_SOCKET: [
    'The connection was cut.',
    'If the port speaks https:, say https: in the URL; otherwise look at proxies.',
  ],
  ETIMEDOUT: ['Its host does not answer.', REACH],
  UND_ERR_CONNECT_TIMEOUT: ['Its host does not answer.', REACH],
  EHOSTUNREACH: ['There is no way to its host.', REACH],
  ENETUNREACH: ['There is no way to its host.', REACH],
  CERT_HAS_EXPIRED: ['Its certificate has expired.', 'Renew the certificate of the identity provider.'],
  CERT_NOT_YET_VALID: [
    'Its certificate is not valid yet.',
    'Compare the clock of this machine with the certificate.',
  ],
  DEPTH_ZERO_SELF_SIGNED_CERT: ['Its certificate is signed by itself.', TRUST],
  SELF_SIGNED_CERT_IN_CHAIN: ['Its certificate is by an authority that this machine does not trust.', TRUST],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    'Its certificate is by an authority that this machine does not trust.',
    TRUST,
  ],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: [
    'Its certificate is by an authority that this machine does not trust.',
    TRUST,
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    'Its certificate is for another host.',
    'Use the host that the certificate names.',
  ],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'Its port speaks http:, not https:.',
    'Look at the port; if this machine is meant, say http: in the URL.',
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    'Its port speaks http:, not https:.',
    'Look at the port; if this machine is meant, say http: in the URL.',
  ],
  EPROTO: [
    'Its port does not speak the TLS of this machine.',
    'Look at the port, and at the TLS versions of the identity provider.',
  ],
};

/** Turns the one phrase that a failed fetch leaves, and what was seen of the answer, into cause and cure. */
export function explain(phrase: string, { status, location, contentType }: Seen): Explanation {
  const code = /\((\w+)\)$/.exec(phrase)?.[1];
  const known = code !== undefined && Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  if (known) return { message: `${known[0]} (${code})`, change: known[1] };
  if (phrase.startsWith('the endpoint did not answer within')) {
    return {
      message: `It is too slow: ${phrase}.`,
      change: 'Look at what makes it slow; until then give "jwks.timeout" more time (here: --timeout).',
    };
  }
  if (status !== undefined && status >= 300 && status < 400) {
    const target = location === undefined ? 'an unnamed place' : `"${shownUrl(location)}"`;
    return {
      message: `It answers ${status}, a redirect to ${target}, and redirects are not followed.`,
      change: 'Name the place that it leads to, if that is still the identity provider that you mean.',
    };
  }
  if (phrase === 'the endpoint did not answer with JSON') {
    const isPage = contentType?.startsWith('text/html');
    return {
      message: isPage
        ? 'It answers with an HTML page, not with JSON.'
        : 'It answers with something that is not JSON.',
      change: 'Look at the path, and for a login page or a proxy that answers in its place.',
    };
  }
  return { message: `${phrase.charAt(0).toUpperCase()}${phrase.slice(1)}.`, change: changeFor(status) };
}

function changeFor(status: number | undefined): string {
  if (status === 404) return 'Look at the path: the tenant, the realm, the version.';
  if (status === 401 || status === 403)
    return 'Let it be read without a login, or send "jwks.headers" from your server.';
  if (status === 429) return 'Wait, and look who else asks that often from this address.';
  if (status !== undefined && status >= 500)
    return 'It is the identity provider that fails: look at its logs.';
  return 'Look at what answers there.';
}
