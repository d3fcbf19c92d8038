import type { FetchError } from '../../src/keys/remote/fetch-error.js';
import { sentenceOf } from '../../src/keys/remote/unavailable.js';
import { shownUrl } from '../../src/shared/url.js';

/** The part of a response that explains a failure. */
export type ResponseHead = Pick<Response, 'status' | 'headers'>;

/** A cause, and what to change. Both are sentences. */
export interface Explanation {
  readonly message: string;
  readonly change: string;
}

const REACH = 'Check the address, and what is in between: firewall, proxy, VPN, container network.';
const TRUST =
  'If a private authority issued it, set NODE_EXTRA_CA_CERTS to the file with its certificate, for your server too; otherwise renew the certificate with its full chain.';

/** What the codes of Node's network errors mean, and what to change. */
const NETWORK_ERRORS: readonly (readonly [codes: readonly string[], cause: string, change: string])[] = [
  [['ENOTFOUND'], 'The host does not exist', 'Check the spelling of the host.'],
  [
    ['EAI_AGAIN'],
    'The host could not be looked up right now',
    'Check the DNS of this machine, and try again.',
  ],
  [
    ['ECONNREFUSED'],
    'The connection was refused: nothing listens on that host and port',
    'Check the port, and whether the server runs.',
  ],
  [
    ['ECONNRESET', 'UND_ERR_SOCKET'],
    'The connection was cut',
    'If the port speaks https:, write https: in the URL; otherwise check the proxies in between.',
  ],
  [['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT'], 'The host does not answer', REACH],
  [['EHOSTUNREACH', 'ENETUNREACH'], 'The host cannot be reached', REACH],
  [['CERT_HAS_EXPIRED'], 'The certificate has expired', 'Renew the certificate.'],
  [
    ['CERT_NOT_YET_VALID'],
    'The certificate is not valid yet',
    'Compare the clock of this machine with the certificate.',
  ],
  [['DEPTH_ZERO_SELF_SIGNED_CERT'], 'The certificate is self-signed', TRUST],
  [
    ['SELF_SIGNED_CERT_IN_CHAIN', 'UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY'],
    'The certificate is from an authority that this machine does not trust',
    TRUST,
  ],
  [
    ['ERR_TLS_CERT_ALTNAME_INVALID'],
    'The certificate is for another host',
    'Use the host that the certificate names.',
  ],
  [
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'],
    'The port speaks http:, not https:',
    'Check the port; for a server on this machine, write http: in the URL.',
  ],
  [
    ['EPROTO'],
    'The port does not support the TLS versions of this machine',
    'Check the port, and the TLS versions of the server.',
  ],
];

/** Explains a failed request. `answer` is the response, if there was one. */
export function explainFailure(failure: FetchError, answer?: ResponseHead): Explanation {
  const message = sentenceOf(failure.message);
  switch (failure.kind) {
    case 'network': {
      const { code = '' } = failure;
      const [, cause, change = REACH] = NETWORK_ERRORS.find(([codes]) => codes.includes(code)) ?? [];
      return { message: cause === undefined ? message : `${cause} (${code}).`, change };
    }
    case 'timeout': {
      const change = 'Find out what is slow; until then, raise "jwks.timeout" (here: --timeout).';
      return { message, change };
    }
    case 'redirect':
      return { message, change: FOLLOW };
    case 'status':
      return (answer && explainRedirect(answer)) ?? { message, change: changeForStatus(failure.status) };
    case 'not_json': {
      const isPage = answer?.headers.get('content-type')?.startsWith('text/html');
      return {
        message: isPage ? 'The endpoint answered with an HTML page, not with JSON.' : message,
        change: 'Check the path, and whether a login page or a proxy answers instead.',
      };
    }
    case 'too_large':
    case 'fetch':
    case 'headers':
    case 'unusable':
      return { message, change: CHECK };
  }
}

const CHECK = 'Check what answers at this URL.';
const FOLLOW = 'Use the URL that it leads to, if you trust that host.';

/** The explanation of a redirect, or `undefined` for another status. */
export function explainRedirect({ status, headers }: ResponseHead): Explanation | undefined {
  if (status < 300 || status > 399) return undefined;
  const location = headers.get('location');
  const target = location === null ? 'without a location' : `to "${shownUrl(location)}"`;
  return {
    message: `The endpoint answered ${status}, a redirect ${target}, and redirects are not followed.`,
    change: FOLLOW,
  };
}

function changeForStatus(status = 0): string {
  if (status === 404) return 'Check the path: tenant, realm, version.';
  if (status === 401 || status === 403)
    return 'Make the document readable without a login, or send "jwks.headers" from your server.';
  if (status === 429) return 'Wait, and find out what else sends requests from this address.';
  return status >= 500 ? 'The server fails: check its logs.' : CHECK;
}
