import type { JWK } from 'jose';
import { usableKey } from '../../src/keys/remote/usable-key.js';
import { isSafeUrl, shownUrl } from '../../src/shared/url.js';
import type { IgnoredKeyReason } from '../../src/types.js';
import { shownValue } from '../bounded.js';
import { fetchDocument, memberOf } from './fetch-document.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/** Why keys are ignored, in words that follow their number, and what to change at the provider. */
const REASONS = {
  private: [
    'published with the private part, so anyone can sign',
    'Replace the keys that were published with their private part at once.',
  ],
  short: ['with RSA of less than 2048 bits', 'Create RSA keys of 2048 bits or more, or ES256 keys.'],
  exponent: ['with an unsafe RSA exponent', 'Create RSA keys with the exponent 65537.'],
  modulus: ['with an even RSA modulus', 'Create new RSA keys: no real RSA key has an even modulus.'],
  small_order: ['with a weak Ed25519 point, so anyone can sign', 'Create new Ed25519 keys.'],
  not_canonical: [
    'with an Ed25519 point whose encoding is not canonical',
    'Publish the Ed25519 keys as RFC 8032 encodes them.',
  ],
  off_curve: [
    'with a point that is not on its curve',
    'Compare what is published with the real keys: a coordinate is wrong.',
  ],
  malformed: [
    'with a parameter that is missing or wrong',
    'Compare what is published with the real keys: a parameter is wrong or cut.',
  ],
  other_use: [
    'for another use than signatures',
    'If tokens are signed with such keys, publish them with "use": "sig".',
  ],
  unsupported: [
    'of an unsupported type, curve or algorithm',
    'If tokens are signed with such keys, use RS256, PS256, ES256 or EdDSA instead.',
  ],
} satisfies Record<IgnoredKeyReason, readonly [why: string, change: string]>;

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
  const members = memberOf(document, 'keys');
  if (!Array.isArray(members)) {
    if (isEmptyObject(document)) {
      const change =
        'Choose a signing key for it at the provider: in Authentik, "Signing Key" of the OAuth2 provider.';
      return failed(`${place} answers {}: no signing key is configured for this application.`, change);
    }
    const change = 'Use the "jwks_uri" of the discovery document.';
    return failed(`${place} answers with JSON that is not a key set.`, change);
  }
  if (members.length === 0) {
    const change = 'Have the identity provider publish its signing keys; it may still be starting.';
    return failed(`${place} answers with an empty key set.`, change);
  }
  const judged = members.map(usableKey);
  const usable = judged.filter((key) => typeof key !== 'string');
  const ignored = ignoredAmong(judged, members);
  const [why, change] = [
    ignored.map((one) => one.why).join('; '),
    ignored.map((one) => one.change).join(' '),
  ];
  if (usable.length === 0) return failed(`No key at ${place} is usable: ${why}.`, change);
  const names = usable
    .slice(0, 8)
    .map(({ kty, alg, kid }) => `${alg ?? kty} ${kid === undefined ? 'without a "kid"' : shownValue(kid)}`);
  if (usable.length > names.length) names.push('…');
  const count = `${usable.length} usable ${usable.length === 1 ? 'key' : 'keys'}`;
  const findings = [fits('keys', `${place} has ${count}: ${names.join(', ')}.`)];
  if (ignored.length > 0) findings.push(note('keys', `Ignored keys: ${why}.`, change));
  return { findings, url };
}

const isEmptyObject = (document: unknown): boolean =>
  typeof document === 'object' && document !== null && Object.keys(document).length === 0;

interface Ignored {
  readonly why: string;
  readonly change: string;
}

/** Each reason once, with how many keys it concerns, and the names of some of them. */
function ignoredAmong(judged: readonly (JWK | IgnoredKeyReason)[], members: readonly unknown[]): Ignored[] {
  const reasons = new Set(judged.filter((key) => typeof key === 'string'));
  return [...reasons].map((reason) => {
    const concerned = members.filter((_, at) => judged[at] === reason);
    const ids = concerned.map((member) => memberOf(member, 'kid')).filter((kid) => typeof kid === 'string');
    const shown = ids
      .slice(0, 3)
      .map(shownValue)
      .concat(ids.length > 3 ? ['…'] : []);
    const [why, change] = REASONS[reason];
    const names = shown.length > 0 ? ` (${shown.join(', ')})` : '';
    return { why: `${concerned.length} ${why}${names}`, change };
  });
}
