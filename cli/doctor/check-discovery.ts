import { discoveryUrls, jwksUrlOf } from '../../src/keys/remote/discovery.js';
import { own } from '../../src/shared/own-properties.js';
import { isSafeUrl, shownUrl } from '../../src/shared/url.js';
import { shownValue } from '../text.js';
import { askJson } from './ask.js';
import type { Explanation } from './explain.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/** What is known of the issuer after its discovery. */
export interface Discovered {
  readonly findings: readonly Finding[];
  /** Where the keys are, if a document of this very issuer says so. */
  readonly jwksUrl?: URL;
}

/**
 * Looks for the metadata of the issuer in both places. A document of another issuer is worse than none. None is no
 * fault where the URL of the keys is given.
 */
export async function checkDiscovery({ issuer, jwksUrl, timeoutMs }: Plan): Promise<Discovered> {
  const findings: Finding[] = [];
  let reachable = issuer;
  if (!isSafeUrl(new URL(issuer))) {
    reachable = issuer.replace(/^http:/i, 'https:');
    const change = `Set "issuer" to "${shownUrl(reachable)}" if its document says so.`;
    findings.push(
      wrong('issuer', 'The issuer begins with http:, where anyone on the way can replace its keys.', change),
    );
  }
  const failures: Failure[] = [];
  let mismatch: Finding | undefined;
  for (const url of discoveryUrls(reachable)) {
    const place = shownUrl(url.href);
    const asked = await askJson(url, timeoutMs);
    if (!('document' in asked)) {
      failures.push({ place, ...asked });
      continue;
    }
    const found = jwksUrlOf(asked.document, issuer);
    if (found instanceof URL) {
      findings.push(fits('discovery', `${place} is of this issuer, to the letter.`));
      return { findings, jwksUrl: found };
    }
    mismatch ??= wrong('discovery', `${place}: ${found}.`, changeFor(asked.document, issuer));
  }
  if (mismatch) return { findings: [...findings, mismatch] };
  if (jwksUrl) {
    findings.push(
      note('discovery', 'The issuer has no metadata that can be used; its keys are where --jwks-url says.'),
    );
    return { findings };
  }
  return { findings: [...findings, ...asFindings(failures)] };
}

type Failure = { readonly place: string; readonly problem: Explanation; readonly status?: number };

/** One of the two places is usually not there. The same failure of both is told once. */
function asFindings(failures: readonly Failure[]): Finding[] {
  const there = failures.filter(({ status }) => status !== 404);
  if (there.length === 0) {
    const places = failures.map(({ place }) => place).join(' nor ');
    const change = 'Look at the path of the issuer: the tenant, the realm, the version; or give --jwks-url.';
    return [wrong('discovery', `Neither ${places} is there (404).`, change)];
  }
  return there
    .filter(
      ({ problem }, index) => there.findIndex((other) => other.problem.message === problem.message) === index,
    )
    .map(({ place, problem }) => wrong('discovery', `${place}: ${problem.message}`, problem.change));
}

function changeFor(document: unknown, issuer: string): string {
  const found =
    typeof document === 'object' && document !== null ? own({ ...document }, 'issuer') : undefined;
  if (typeof found !== 'string')
    return 'Look at what answers there: it is not the metadata of an identity provider.';
  if (found === issuer) return 'Let the identity provider name its keys by an https: URL in "jwks_uri".';
  if (issuer.startsWith('https:') && found === issuer.replace('https:', 'http:')) {
    return 'The identity provider takes itself for http:; let it trust X-Forwarded-Proto of the proxy before it.';
  }
  return `Set "issuer" to ${shownValue(shownUrl(found))}, to the letter, if that is whom you trust.`;
}
