import { scopesOf } from '../../gate/scopes.js';
import { own } from '../../src/shared/own-properties.js';
import { isLoopback, isSafeUrl, nearMiss, shownUrl, wellKnownUrl } from '../../src/shared/url.js';
import { readToken } from '../read-token.js';
import { printable, shownValue } from '../text.js';
import { askJson } from './ask.js';
import { type Explanation, explain } from './explain.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/**
 * Knocks at an MCP server without a token, as a client does that knows nothing, and follows its challenge to its
 * metadata.
 *
 * @see RFC 9728 sections 3 and 5
 */
export async function checkMcp(mcp: URL, plan: Plan, token: string | undefined): Promise<Finding[]> {
  if (!isSafeUrl(mcp)) {
    return [
      wrong(
        'challenge',
        'The MCP server is asked over http:, where anyone on the way can read tokens.',
        'Serve it by https:.',
      ),
    ];
  }
  const place = shownUrl(mcp.href);
  const response = await knock(mcp, plan.timeoutMs);
  if (!(response instanceof Response))
    return [wrong('challenge', `${place}: ${response.message}`, response.change)];
  if (response.status !== 401) {
    const change = response.ok
      ? 'Put the gate before the MCP server: anyone can call its tools.'
      : 'Answer 401 to a request without a token, before anything else is looked at.';
    return [
      wrong(
        'challenge',
        `${place} answers ${response.status} to a request without a token, not 401.`,
        change,
      ),
    ];
  }
  const challenge = response.headers.get('www-authenticate') ?? '';
  const named = /\bresource_metadata="([^"]*)"/i.exec(challenge)?.[1];
  const wellKnown = wellKnownUrl(mcp, 'oauth-protected-resource');
  const findings = token === undefined ? [] : compareScopes(challenge, token);
  if (named !== undefined && URL.canParse(named) && mayLeadTo(new URL(named), mcp)) {
    findings.push(fits('challenge', `${place} answers 401 and names its metadata.`));
    return [...findings, ...(await checkMetadata(new URL(named), mcp, plan))];
  }
  if (challenge === '') {
    findings.push(
      wrong(
        'challenge',
        `${place} answers 401 without WWW-Authenticate.`,
        `Send WWW-Authenticate: Bearer resource_metadata="${shownUrl(wellKnown.href)}".`,
      ),
    );
  } else {
    findings.push(
      note(
        'challenge',
        `${place} answers 401 and names no metadata that can be used, so clients have to look in the well-known place.`,
      ),
    );
  }
  return [...findings, ...(await checkMetadata(wellKnown, mcp, plan))];
}

/** A server elsewhere must not lead requests to what listens on this machine. */
const mayLeadTo = (place: URL, mcp: URL): boolean =>
  isSafeUrl(place) && (isLoopback(mcp) || !isLoopback(place));

/** The server may take one scope for another, and it alone knows how it is configured. */
function compareScopes(challenge: string, text: string): Finding[] {
  const findings = [
    note(
      'challenge',
      'The token was not sent to the server, whose own configuration may differ.',
      'Send the server a request with the token, and look at the status.',
    ),
  ];
  const token = readToken(text);
  const wanted = /\bscope="([^"]*)"/i.exec(challenge)?.[1]?.split(' ') ?? [];
  if (typeof token === 'string') return findings;
  const missing = wanted.filter((scope) => !scopesOf(token.claims, true).includes(scope));
  if (missing.length > 0) {
    findings.push(
      note(
        'challenge',
        `The server asks for the scope ${shownValue(missing.join(' '))}, which the token does not name.`,
        'Ask the identity provider for it, unless another scope of the token implies it.',
      ),
    );
  }
  return findings;
}

/** A call that changes nothing. */
async function knock(url: URL, timeoutMs: number): Promise<Response | Explanation> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'ping' }),
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    });
    await response.body?.cancel();
    const location = response.headers.get('location') ?? undefined;
    return location === undefined ? response : explain('', { status: response.status, location });
  } catch (error) {
    const { name, cause } = error as { name?: string; cause?: { code?: unknown } };
    if (name === 'TimeoutError')
      return explain(`the endpoint did not answer within ${timeoutMs / 1000} s`, {});
    return explain(`the request failed (${cause?.code})`, {});
  }
}

async function checkMetadata(url: URL, mcp: URL, { issuer, audience, timeoutMs }: Plan): Promise<Finding[]> {
  const place = shownUrl(url.href);
  const asked = await askJson(url, timeoutMs);
  if (!('document' in asked))
    return [wrong('metadata', `${place}: ${asked.problem.message}`, asked.problem.change)];
  const { document } = asked;
  const metadata = typeof document === 'object' && document !== null ? { ...document } : {};
  const [resource, servers] = ['resource', 'authorization_servers'].map((name) => own(metadata, name));
  const findings = [...compareResource(resource, mcp), ...compareServers(servers, issuer)];
  if (findings.length === 0)
    findings.push(fits('metadata', `${place} is of this server, and names the issuer.`));
  if (typeof resource === 'string' && audience !== undefined && audience !== resource) {
    const message = `Clients ask for tokens for "${printable(shownUrl(resource))}", and the audience is "${shownUrl(audience)}".`;
    findings.push(
      note('audience', message, 'Make them equal, unless the identity provider maps one to the other.'),
    );
  }
  return findings;
}

function compareResource(resource: unknown, mcp: URL): Finding[] {
  if (typeof resource !== 'string') {
    return [
      wrong('metadata', 'The metadata names no "resource".', `Set "resource" to "${shownUrl(mcp.href)}".`),
    ];
  }
  // The text of a URL without a path ends with a slash or does not.
  if (resource === mcp.href || `${resource}/` === mcp.href) return [];
  const message = `The metadata is of "${printable(shownUrl(resource))}", not of "${shownUrl(mcp.href)}": ${nearMiss(mcp.href, resource)}.`;
  return [
    wrong(
      'metadata',
      message,
      'Give --mcp the URL that clients use, with its path, or set "resource" to it, to the letter.',
    ),
  ];
}

function compareServers(servers: unknown, issuer: string): Finding[] {
  const named = [servers].flat().filter((server) => typeof server === 'string');
  if (named.includes(issuer)) return [];
  if (named.length === 0) {
    return [
      wrong(
        'metadata',
        'The metadata names no "authorization_servers".',
        `Let it name "${shownUrl(issuer)}".`,
      ),
    ];
  }
  const shown = named.slice(0, 5).map((server) => shownValue(shownUrl(server)));
  const message = `The metadata sends clients to ${shown.join(' and ')}, not to "${shownUrl(issuer)}": ${nearMiss(issuer, named[0] ?? '')}.`;
  return [
    wrong(
      'metadata',
      message,
      'Let "authorization_servers" and "issuer" name the same issuer, to the letter.',
    ),
  ];
}
