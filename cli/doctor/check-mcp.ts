import { isSafeUrl, leadsHere, shownUrl, wellKnownUrl } from '../../src/shared/url.js';
import type { ReadableToken } from '../read-token.js';
import { checkMetadata } from './check-metadata.js';
import { compareChallenge, compareSupported } from './check-scopes.js';
import { ping } from './fetch-document.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/**
 * Calls the MCP server without a token, as a new client would, and follows the challenge to the metadata.
 *
 * @param server how the authorization server calls itself, or `undefined` if that is not known.
 * @see RFC 9728 section 5
 */
export async function checkMcp(
  mcp: URL,
  plan: Plan,
  server: string | undefined,
  token: ReadableToken | undefined,
): Promise<Finding[]> {
  if (!isSafeUrl(mcp)) {
    const message = 'The MCP server is called over http:, so anyone on the network can read tokens.';
    return [wrong('challenge', message, 'Serve it over https:.')];
  }
  const place = shownUrl(mcp.href);
  const answered = await ping(mcp, plan.timeoutMs);
  if (!('answer' in answered)) {
    const { message, change } = answered.problem;
    return [wrong('challenge', `${place}: ${message}`, change)];
  }
  const { status, headers } = answered.answer;
  if (status !== 401) {
    const change =
      status >= 200 && status < 300
        ? 'Put the gate in front of the MCP server: without it, anyone can call the tools.'
        : 'Answer 401 to a request without a token, before any other check.';
    return [wrong('challenge', `${place} answers ${status} to a request without a token, not 401.`, change)];
  }
  const challenge = headers.get('www-authenticate') ?? '';
  const named = /\bresource_metadata="([^"]*)"/i.exec(challenge)?.[1] ?? '';
  const wellKnown = wellKnownUrl(mcp, 'oauth-protected-resource');
  const findings = token ? [NOT_SENT, ...compareChallenge(challenge, token)] : [];
  const compare = (document: unknown): Finding[] =>
    token ? compareSupported(document, challenge, token) : [];
  if (URL.canParse(named) && isSafeUrl(new URL(named)) && !leadsHere(mcp, new URL(named))) {
    findings.push(fits('challenge', `${place} answers 401 and names its metadata.`));
    return [...findings, ...(await checkMetadata(new URL(named), mcp, plan, server, compare))];
  }
  findings.push(
    challenge === ''
      ? wrong(
          'challenge',
          `${place} answers 401 without WWW-Authenticate.`,
          `Send WWW-Authenticate: Bearer resource_metadata="${shownUrl(wellKnown.href)}".`,
        )
      : note(
          'challenge',
          `${place} answers 401 but names no usable metadata, so clients have to try the well-known URL.`,
        ),
  );
  return [...findings, ...(await checkMetadata(wellKnown, mcp, plan, server, compare))];
}

const NOT_SENT = note(
  'challenge',
  'The doctor did not send the token to the MCP server, which may be configured differently.',
  'Send the server a request with the token, and check the status.',
);
