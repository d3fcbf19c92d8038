import { GateAnswer } from './answers.js';
import { ANY_ORIGIN } from './metadata.js';
import { pathOf } from './request.js';

const OPENID = '/.well-known/openid-configuration';
const PROBED = ['/.well-known/oauth-authorization-server', OPENID];

/**
 * The answer to a client that asks whether the resource is its own authorization server. A challenge would look like a server
 * whose metadata needs a token.
 *
 * @see RFC 8414 section 3
 */
export const NO_AUTHORIZATION_SERVER = new GateAnswer(
  404,
  { ...ANY_ORIGIN, 'content-type': 'application/json', 'cache-control': 'no-store' },
  JSON.stringify({ error: 'not_found', error_description: 'This is not an authorization server.' }),
);

/** Whether a URL is where an authorization server publishes its metadata. */
export function isProbe(url: string): boolean {
  // A cheap test first, because nearly every request is for something else.
  if (!url.includes('/.well-known/o')) return false;
  const path = pathOf(url) ?? '';
  // OpenID Connect appends its path to that of the issuer, and clients look there too.
  return PROBED.some((one) => path.startsWith(one)) || path.endsWith(OPENID);
}
