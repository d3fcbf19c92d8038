import { discoveryUrls, jwksUrlOf } from '../../src/keys/remote/discovery.js';
import { isSafeUrl, shownUrl } from '../../src/shared/url.js';
import { shownValue } from '../bounded.js';
import { accessTokensOf, checkAdfs, isAdfsIssuer } from './check-adfs.js';
import type { Explanation } from './explain-failure.js';
import { fetchDocument, textMember } from './fetch-document.js';
import { type Discovered, type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/**
 * Fetches the discovery document of the issuer from both of its usual URLs. With --jwks-url, the issuer needs none. But a
 * document that names another issuer is always wrong.
 */
export async function checkDiscovery(plan: Plan): Promise<Discovered> {
  const { issuer, issuerUrl, jwksUrl, timeoutMs } = plan;
  if (!issuerUrl) return { findings: [withoutUrl(plan)] };
  if (isTemplate(issuer)) {
    const message = `The issuer has ${placeholderIn(issuer)} in it, which stands for the id of a tenant.`;
    return { findings: [wrong('issuer', message, USE_TENANT)] };
  }
  if (isAdfsIssuer(issuerUrl)) return checkAdfs(plan, issuerUrl);

  const findings: Finding[] = [];
  let reachable = issuer;
  if (!isSafeUrl(issuerUrl)) {
    reachable = issuer.replace(/^http:/i, 'https:');
    const message = 'The issuer is an http: URL, so anyone on the network can replace its keys.';
    const change = `Set "issuer" to "${shownUrl(reachable)}", if its discovery document names that.`;
    if (!jwksUrl) findings.push(wrong('issuer', message, change));
  }
  const failures: Failure[] = [];
  let mismatch: Finding | undefined;
  for (const url of discoveryUrls(reachable)) {
    const place = shownUrl(url.href);
    const fetched = await fetchDocument(url, timeoutMs);
    if (!('document' in fetched)) {
      failures.push({ place, ...fetched });
      continue;
    }
    const found = jwksUrlOf(fetched.document, issuer);
    if (found instanceof URL) {
      findings.push(fits('discovery', `${place} names exactly this issuer.`));
      return { findings, jwksUrl: found, isDiscoverable: true, ...accessTokensOf(fetched.document, issuer) };
    }
    mismatch ??= mismatchOf(fetched.document, place, found, issuer);
  }
  if (mismatch) return { findings: [...findings, mismatch] };
  if (jwksUrl) {
    const message = 'The issuer has no usable discovery document; its keys are taken from --jwks-url.';
    return { findings: [...findings, note('discovery', message)] };
  }
  return { findings: [...findings, ...asFindings(failures)] };
}

function withoutUrl({ issuer, jwksUrl }: Plan): Finding {
  const message = `"${shownUrl(issuer)}" is not an https: URL, so its keys cannot be discovered`;
  if (jwksUrl) return note('discovery', `${message}; they are taken from --jwks-url.`);
  const change = 'Give --jwks-url with the URL of the keys, or the whole URL of the issuer if it has one.';
  return wrong('discovery', `${message}.`, change);
}

interface Failure {
  readonly place: string;
  readonly problem: Explanation;
  readonly status: number | undefined;
}

/** Most issuers use only one of the two URLs, so a single 404 is ignored. If both fail in the same way, that is one finding. */
function asFindings(failures: readonly Failure[]): Finding[] {
  const found = failures.filter(({ status }) => status !== 404);
  if (found.length === 0) {
    const places = failures.map(({ place }) => place).join(' nor ');
    const change = 'Check the path of the issuer (tenant, realm, version), or give --jwks-url.';
    return [wrong('discovery', `Neither ${places} exists (404).`, change)];
  }
  const messages = found.map(({ problem }) => problem.message);
  return found
    .filter(({ problem }, index) => messages.indexOf(problem.message) === index)
    .map(({ place, problem }) => wrong('discovery', `${place}: ${problem.message}`, problem.change));
}

/** A document that cannot be used for this issuer. `problem` is what the package says about it. */
function mismatchOf(document: unknown, place: string, problem: string, issuer: string): Finding {
  const found = textMember(document, 'issuer');
  if (found !== undefined && isTemplate(found)) {
    const message = `${place} is for all tenants: its issuer is "${shownUrl(found)}", and ${sharedName(issuer, found)} has no issuer of its own.`;
    return wrong('discovery', message, USE_TENANT);
  }
  return wrong('discovery', `${place}: ${problem}.`, changeFor(found, issuer));
}

function changeFor(found: string | undefined, issuer: string): string {
  if (found === undefined)
    return 'Check what answers at this URL: it is not the metadata of an identity provider.';
  if (found === issuer) return 'Have the identity provider publish an https: URL as "jwks_uri".';
  if (issuer.startsWith('https:') && found === issuer.replace('https:', 'http:')) {
    return 'The identity provider calls itself by an http: URL; make it trust X-Forwarded-Proto from its proxy.';
  }
  return `Set "issuer" to exactly ${shownValue(shownUrl(found))}, if you trust that issuer.`;
}

const USE_TENANT =
  'Set "issuer" to that URL with the id of your tenant in place of the braces, or give "issuers" one entry for each tenant.';

/** Microsoft Entra ID publishes `{tenantid}` as it stands, for everyone to fill in. */
const isTemplate = (issuer: string): boolean => /\{[^{}]*\}/.test(issuer);
const placeholderIn = (issuer: string): string =>
  shownValue(/\{[^{}]*\}/.exec(shownUrl(issuer))?.[0] ?? '{}');

/** What the configured issuer has where the template has its placeholder, such as `common`. */
function sharedName(issuer: string, template: string): string {
  const at = template.split('/').findIndex(isTemplate);
  const name = issuer.split('/')[at];
  return name ? shownValue(shownUrl(name)) : 'the configured URL';
}
