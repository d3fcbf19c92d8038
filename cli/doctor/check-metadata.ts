import { nearMiss, sameResource, shownUrl } from '../../src/shared/url.js';
import { shownValue } from '../bounded.js';
import { printable } from '../text.js';
import { fetchDocument, memberOf } from './fetch-document.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/**
 * Fetches the metadata of an MCP server, and compares it with the URL of the server, the issuer and the audience.
 *
 * @param compare compares it with the token, if there is one.
 * @see RFC 9728 section 3
 */
export async function checkMetadata(
  url: URL,
  mcp: URL,
  { audience, timeoutMs }: Plan,
  server: string | undefined,
  compare: (document: unknown) => readonly Finding[],
): Promise<Finding[]> {
  const place = shownUrl(url.href);
  const fetched = await fetchDocument(url, timeoutMs);
  if (!('document' in fetched))
    return [wrong('metadata', `${place}: ${fetched.problem.message}`, fetched.problem.change)];
  const { document } = fetched;
  const [resource, servers] = ['resource', 'authorization_servers'].map((name) => memberOf(document, name));
  const findings = [...compareResource(resource, mcp), ...compareServers(servers, server)];
  if (findings.length === 0)
    findings.push(
      fits('metadata', `${place} names this server${server === undefined ? '' : ' and the issuer'}.`),
    );
  if (typeof resource === 'string' && audience !== undefined && !sameResource(audience, resource)) {
    const message = `Clients request tokens for "${printable(shownUrl(resource))}", but the audience is "${shownUrl(audience)}".`;
    const change = 'Make them equal, unless the identity provider maps one to the other.';
    findings.push(note('audience', message, change));
  }
  return [...findings, ...compare(document)];
}

function compareResource(resource: unknown, mcp: URL): Finding[] {
  const place = shownUrl(mcp.href);
  if (typeof resource !== 'string') {
    return [wrong('metadata', 'The metadata has no "resource".', `Set "resource" to "${place}".`)];
  }
  if (sameResource(resource, mcp.href)) return [];
  const message = `The metadata is for "${printable(shownUrl(resource))}", not for "${place}": ${nearMiss(mcp.href, resource)}.`;
  const change = 'Give --mcp the URL that clients use, with its path, or set "resource" to exactly that URL.';
  return [wrong('metadata', message, change)];
}

function compareServers(servers: unknown, server: string | undefined): Finding[] {
  const named = [servers].flat().filter((one) => typeof one === 'string');
  const [first] = named;
  if (server === undefined ? first !== undefined : named.includes(server)) return [];
  if (server === undefined || first === undefined) {
    const change = `Set "authorization_servers" to ["${shownUrl(server ?? 'https://id.example.com')}"].`;
    return [wrong('metadata', 'The metadata has no "authorization_servers".', change)];
  }
  const shown = named.slice(0, 5).map((one) => shownValue(shownUrl(one)));
  const message = `The metadata sends clients to ${shown.join(' and ')}, not to "${shownUrl(server)}": ${nearMiss(server, first)}.`;
  const change = 'Set "authorization_servers" and "issuer" to exactly the same text.';
  return [wrong('metadata', message, change)];
}
