import { jwksUrlOf } from '../../src/keys/remote/discovery.js';
import { isSafeUrl, shownUrl } from '../../src/shared/url.js';
import { fetchDocument, textMember } from './fetch-document.js';
import { type Discovered, type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/*
 * The issuer of AD FS is https://…/adfs, and ID tokens have it. Access tokens have another issuer, usually
 * http://…/adfs/services/trust. That URL has no discovery document: the document of /adfs names it as "access_token_issuer".
 */

const TRUST = '/services/trust';

/** Whether an issuer looks like that of AD FS access tokens. */
export const isAdfsIssuer = ({ pathname }: URL): boolean => pathname.toLowerCase().endsWith(TRUST);

/** Looks for the keys of AD FS access tokens in the document of the server. */
export async function checkAdfs({ issuer, jwksUrl, timeoutMs }: Plan, issuerUrl: URL): Promise<Discovered> {
  const server = new URL(issuerUrl);
  if (!isSafeUrl(server)) server.protocol = 'https:';
  server.pathname = `${server.pathname.slice(0, -TRUST.length)}/.well-known/openid-configuration`;
  const place = shownUrl(server.href);
  const fetched = await fetchDocument(server, timeoutMs);
  if (!('document' in fetched)) {
    const { message, change } = fetched.problem;
    const failed = `${place}, which should name the keys of AD FS: ${message}`;
    return { findings: [jwksUrl ? note('discovery', failed) : wrong('discovery', failed, change)] };
  }
  const name = textMember(fetched.document, 'issuer') ?? '';
  const found = textMember(fetched.document, 'access_token_issuer');
  if (found !== issuer) {
    const message = `${place} does not name this issuer as its "access_token_issuer"${found === undefined ? '' : `, but "${shownUrl(found)}"`}.`;
    const change =
      found === undefined
        ? 'Compare the issuer with the "iss" of a token.'
        : `Set "issuer" to exactly "${shownUrl(found)}", if you trust that issuer.`;
    return { findings: [wrong('discovery', message, change)] };
  }
  const keys = jwksUrlOf(fetched.document, name);
  if (!(keys instanceof URL)) {
    const change = 'Have AD FS publish an https: URL as "jwks_uri".';
    return { findings: [wrong('discovery', `${place}: ${keys}.`, change)], server: name };
  }
  return {
    findings: [
      fits('issuer', `${place} names exactly this issuer, for access tokens ("access_token_issuer").`),
      ...(jwksUrl ? [] : [note('discovery', NOT_DISCOVERABLE, `Set "jwksUrl" to "${shownUrl(keys.href)}".`)]),
    ],
    jwksUrl: keys,
    server: name,
  };
}

const NOT_DISCOVERABLE =
  'The issuer of AD FS access tokens is not a discovery URL, so a client needs "jwksUrl" beside it.';

/** The issuer of access tokens, if the document of a server names another one than its own. */
export function accessTokensOf(document: unknown, issuer: string): Pick<Discovered, 'accessTokenIssuer'> {
  const found = textMember(document, 'access_token_issuer');
  return found === undefined || found === issuer ? {} : { accessTokenIssuer: found };
}

/** That the access tokens of this server have another issuer, and how to configure it. */
export function otherIssuer({ accessTokenIssuer = '', jwksUrl }: Discovered): Finding {
  const issuer = shownUrl(accessTokenIssuer);
  const message = `Access tokens of this server have another issuer, "${issuer}" ("access_token_issuer"), which is not a discovery URL.`;
  const change = `Set issuer: '${issuer}' and jwksUrl: '${shownUrl(jwksUrl?.href ?? '')}'.`;
  return wrong('issuer', message, change);
}
