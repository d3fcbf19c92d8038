import { usableKey } from '../../src/keys/remote/usable-key.js';
import { own } from '../../src/shared/own-properties.js';
import { isSafeUrl, shownUrl } from '../../src/shared/url.js';
import type { IgnoredKeyReason } from '../../src/types.js';
import { shownValue } from '../text.js';
import { askJson } from './ask.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/** Why a key is left out, in words that follow a number of keys. */
const REASONS: Readonly<Record<IgnoredKeyReason, string>> = {
  private: 'published with the private part, so that anyone can sign',
  short: 'RSA of less than 2048 bits',
  exponent: 'RSA with an exponent that protects nothing',
  modulus: 'RSA with an even modulus',
  small_order: 'Ed25519 under which one signature fits all',
  not_canonical: 'Ed25519 in a spelling that is not canonical',
  unsupported: 'for something else than signatures, or of an unknown kind',
};

/** What is known of the keys. */
export interface Keys {
  readonly findings: readonly Finding[];
  /** Where they are, if some of them are usable. */
  readonly url?: URL;
}

/** Fetches the key set and looks at each key as the package does. */
export async function checkKeys(url: URL, { timeoutMs }: Plan): Promise<Keys> {
  const place = shownUrl(url.href);
  if (!isSafeUrl(url)) {
    const message = `The keys come over http: from ${place}, where anyone on the way can replace them.`;
    return { findings: [wrong('keys', message, 'Set "jwksUrl" to the https: URL.')] };
  }
  const asked = await askJson(url, timeoutMs);
  if (!('document' in asked))
    return { findings: [wrong('keys', `${place}: ${asked.problem.message}`, asked.problem.change)] };
  const { document } = asked;
  const members =
    typeof document === 'object' && document !== null ? own({ ...document }, 'keys') : undefined;
  if (!Array.isArray(members)) {
    return {
      findings: [
        wrong(
          'keys',
          `${place} answers with JSON that is no key set.`,
          'Look for the "jwks_uri" in the discovery document.',
        ),
      ],
    };
  }
  if (members.length === 0) {
    return {
      findings: [
        wrong(
          'keys',
          `${place} answers with a key set without keys.`,
          'Let the identity provider publish its signing keys; it may still be starting.',
        ),
      ],
    };
  }
  return { ...judge(members, place), url };
}

function judge(members: readonly unknown[], place: string): { findings: Finding[] } {
  const judged = members.map(usableKey);
  const usable = judged.filter((key) => typeof key !== 'string');
  const left = judged.filter((key) => typeof key === 'string');
  const why = [...new Set(left)]
    .map((reason) => `${left.filter((one) => one === reason).length} ${REASONS[reason]}`)
    .join('; ');
  if (usable.length === 0) {
    const change = 'Let the identity provider sign with RSA of 2048 bits or more, or with ES256.';
    return { findings: [wrong('keys', `No key of ${place} is usable: ${why}.`, change)] };
  }
  const names = usable
    .slice(0, 8)
    .map(({ kty, alg, kid }) => `${alg ?? kty} ${kid === undefined ? 'without an id' : shownValue(kid)}`);
  const findings = [
    fits(
      'keys',
      `${place} has ${usable.length} usable ${usable.length === 1 ? 'key' : 'keys'}: ${names.join(', ')}${usable.length > 8 ? ', …' : ''}.`,
    ),
  ];
  if (left.length > 0) findings.push(note('keys', `Keys that are left out: ${why}.`));
  return { findings };
}
