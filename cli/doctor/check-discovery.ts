import { discoveryUrls, jwksUrlOf } from '../../src/keys/remote/discovery.js';
import { own } from '../../src/shared/own-properties.js';
import { isSafeUrl, shownUrl } from '../../src/shared/url.js';
import { shownValue } from '../text.js';
import type { Explanation } from './explain-failure.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';
import { fetchDocument } from './request.js';

/** The result of the discovery. */
export interface Discovered {
  readonly findings: readonly Finding[];
  /** The URL of the keys, from a document that names exactly this issuer. */
  readonly jwksUrl?: URL;
}

/**
 * Fetches the discovery document of the issuer from both of its usual URLs. With --jwks-url, the issuer needs none. But a
 * document that names another issuer is always wrong.
 */
export async function checkDiscovery({ issuer, jwksUrl, timeoutMs }: Plan): Promise<Discovered> {
  const findings: Finding[] = [];
  let reachable = issuer;
  if (!isSafeUrl(new URL(issuer))) {
    reachable = issuer.replace(/^http:/i, 'https:');
    const message = 'The issuer is an http: URL, so anyone on the network can replace its keys.';
    const change = `Set "issuer" to "${shownUrl(reachable)}", if its discovery document names that.`;
    findings.push(wrong('issuer', message, change));
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
      return { findings, jwksUrl: found };
    }
    mismatch ??= wrong('discovery', `${place}: ${found}.`, changeFor(fetched.document, issuer));
  }
  if (mismatch) return { findings: [...findings, mismatch] };
  if (jwksUrl) {
    const message = 'The issuer has no usable discovery document; its keys are taken from --jwks-url.';
    return { findings: [...findings, note('discovery', message)] };
  }
  return { findings: [...findings, ...asFindings(failures)] };
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

function changeFor(document: unknown, issuer: string): string {
  const found =
    typeof document === 'object' && document !== null ? own({ ...document }, 'issuer') : undefined;
  if (typeof found !== 'string')
    return 'Check what answers at this URL: it is not the metadata of an identity provider.';
  if (found === issuer) return 'Have the identity provider publish an https: URL as "jwks_uri".';
  if (issuer.startsWith('https:') && found === issuer.replace('https:', 'http:')) {
    return 'The identity provider calls itself by an http: URL; make it trust X-Forwarded-Proto from its proxy.';
  }
  return `Set "issuer" to exactly ${shownValue(shownUrl(found))}, if you trust that issuer.`;
}
