import { usableKey } from '../../src/keys/remote/usable-key.js';
import { own } from '../../src/shared/own-properties.js';
import { isSafeUrl, shownUrl } from '../../src/shared/url.js';
import type { IgnoredKeyReason } from '../../src/types.js';
import { shownValue } from '../text.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';
import { fetchDocument } from './request.js';

/** Why keys are ignored, in words that follow their number. */
const REASONS = {
  private: 'published with the private part, so anyone can sign',
  short: 'with RSA of less than 2048 bits',
  exponent: 'with an unsafe RSA exponent',
  modulus: 'with an even RSA modulus',
  off_curve: 'with a point that is not on its curve',
  small_order: 'with a weak Ed25519 point, so anyone can sign',
  not_canonical: 'with an Ed25519 point whose encoding is not canonical',
  malformed: 'with a parameter that is missing or not base64',
  other_use: 'for another use than signatures',
  unsupported: 'of an unsupported type, curve or algorithm',
} satisfies Record<IgnoredKeyReason, string>;

/** The result of the check of the keys. */
export interface Keys {
  readonly findings: readonly Finding[];
  /** The URL of the keys, if at least one is usable. */
  readonly url?: URL;
}

/** Fetches the key set, and judges each key as the package does. */
export async function checkKeys(url: URL, { timeoutMs }: Plan): Promise<Keys> {
  const place = shownUrl(url.href);
  const failed = (message: string, change: string): Keys => ({ findings: [wrong('keys', message, change)] });
  if (!isSafeUrl(url)) {
    const message = `The keys are fetched over http: from ${place}, so anyone on the network can replace them.`;
    return failed(message, 'Set "jwksUrl" to an https: URL.');
  }
  const fetched = await fetchDocument(url, timeoutMs);
  if (!('document' in fetched)) return failed(`${place}: ${fetched.problem.message}`, fetched.problem.change);
  const { document } = fetched;
  const members =
    typeof document === 'object' && document !== null ? own({ ...document }, 'keys') : undefined;
  if (!Array.isArray(members)) {
    const change = 'Use the "jwks_uri" of the discovery document.';
    return failed(`${place} answers with JSON that is not a key set.`, change);
  }
  if (members.length === 0) {
    const change = 'Have the identity provider publish its signing keys; it may still be starting.';
    return failed(`${place} answers with an empty key set.`, change);
  }
  const judged = members.map(usableKey);
  const ignored = judged.filter((key) => typeof key === 'string');
  const why = [...new Set(ignored)]
    .map((reason) => `${ignored.filter((one) => one === reason).length} ${REASONS[reason]}`)
    .join('; ');
  const usable = judged.filter((key) => typeof key !== 'string');
  if (usable.length === 0) {
    const change = 'Have the identity provider sign with RSA of 2048 bits or more, or with ES256.';
    return failed(`No key at ${place} is usable: ${why}.`, change);
  }
  const names = usable
    .slice(0, 8)
    .map(({ kty, alg, kid }) => `${alg ?? kty} ${kid === undefined ? 'without a "kid"' : shownValue(kid)}`);
  if (usable.length > names.length) names.push('…');
  const count = `${usable.length} usable ${usable.length === 1 ? 'key' : 'keys'}`;
  const findings = [fits('keys', `${place} has ${count}: ${names.join(', ')}.`)];
  if (ignored.length > 0) findings.push(note('keys', `Ignored keys: ${why}.`));
  return { findings, url };
}
