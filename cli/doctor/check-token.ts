import { createAuthClient } from '../../src/client/client.js';
import { AuthError } from '../../src/errors.js';
import { own } from '../../src/shared/own-properties.js';
import { nearMiss, sameResource, shownUrl } from '../../src/shared/url.js';
import type { Mistake } from '../../src/token/layers.js';
import { FOR_GRAPH, isForGraph } from '../../src/token/mistakes.js';
import type { VerifyFailure } from '../../src/types.js';
import { shownValue } from '../bounded.js';
import type { ReadableToken } from '../read-token.js';
import { printable } from '../text.js';
import { otherIssuer } from './check-adfs.js';
import { scopesIn } from './check-scopes.js';
import { type Discovered, type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

const INSPECT = 'Compare the token with the configuration: npx intentkit-auth inspect.';

/** What to do about each reason of a refusal. */
const CHANGES = {
  malformed: 'Find out what cut or changed the token on its way.',
  algorithm: 'Have the identity provider sign with a key, such as RS256 or ES256.',
  key: 'Check that the token is from this environment and tenant, and was issued after the last key rotation.',
  signature:
    'Check that nothing changed the token on its way, and that no other environment uses the same key ids.',
  expired: 'Get a new token; if this one is new, compare the clocks.',
  not_yet_valid: 'Compare the clocks of this machine and the identity provider.',
  issuer: INSPECT,
  audience: INSPECT,
  client: INSPECT,
  claim: INSPECT,
  revoked: INSPECT,
  inactive: INSPECT,
} satisfies Record<VerifyFailure, string>;

/**
 * Compares the claims of a token with the configuration, and verifies it with a client of the package.
 *
 * @param keys where the keys are, or `undefined` if none is usable.
 */
export async function checkToken(
  token: ReadableToken,
  plan: Plan,
  { accessTokenIssuer, ...discovered }: Discovered,
  keys: URL | undefined,
): Promise<Finding[]> {
  const isOther = accessTokenIssuer !== undefined && own(token.claims, 'iss') === accessTokenIssuer;
  const differences = [
    ...(isOther ? [otherIssuer({ accessTokenIssuer, ...discovered })] : compareIssuer(token, plan)),
    ...compareAudience(token, plan),
  ];
  // A client is given what was inside the JSON. The other changes are in the token itself, and a client refuses it.
  const changed = token.added.filter(({ place }) => place === 'inside');
  if (changed.length > 0) return [...changed.map(asFinding), ...differences];
  if (!keys) {
    if (isForGraph(token.header)) return [asFinding(FOR_GRAPH)];
    return [...differences, note('token', 'The signature was not checked, because no key is usable.')];
  }
  const { findings, reason } = await verifyToken(token, plan, keys);
  if (isForGraph(token.header) && (reason === 'signature' || reason === 'key')) return [asFinding(FOR_GRAPH)];
  // The difference says more than the verdict that it leads to, and so does the finding about the secret.
  const isExplained =
    ((reason === 'issuer' || reason === 'audience') && differences.length > 0) ||
    (reason === 'algorithm' && signedWithSecret(token).length > 0);
  return isExplained ? differences : [...differences, ...findings];
}

/** That no key of an issuer verifies the token. It comes first, because it makes the issuer and its keys beside the point. */
export function signedWithSecret({ header }: ReadableToken): Finding[] {
  const alg = String(own(header, 'alg'));
  if (!/^HS(256|384|512)$/.test(alg)) return [];
  const message = `The token is signed with a secret (${alg}), so the keys of an issuer cannot verify it.`;
  const change =
    'Give the client the "secret": a token signed with a secret needs "secret". Otherwise have the identity provider sign with a key, such as RS256 or ES256.';
  return [wrong('token', message, change)];
}

/** What is wrong with a text that is not a token, or not only one. */
export const asFinding = ({ what, change }: Mistake): Finding => wrong('token', what, change);

/**
 * The audience as the token spells it, with or without a slash after the host. A client compares text, so that is the
 * spelling to configure.
 */
export const audienceIn = ({ claims }: ReadableToken, audience: string | undefined): string | undefined =>
  audience && (audiencesOf(claims).find((one) => sameResource(one, audience)) ?? audience);

const audiencesOf = (claims: ReadableToken['claims']): string[] =>
  [own(claims, 'aud')].flat().filter((one) => typeof one === 'string');

function compareIssuer({ claims }: ReadableToken, { issuer }: Plan): Finding[] {
  const iss = own(claims, 'iss');
  if (iss === issuer) return [];
  if (typeof iss !== 'string') {
    const change = 'Have the identity provider add "iss", or use an access token instead.';
    return [wrong('issuer', 'The token has no issuer ("iss").', change)];
  }
  const found = printable(shownUrl(iss));
  const message = `The token was issued by "${found}", not by "${shownUrl(issuer)}": ${nearMiss(issuer, iss)}.`;
  return [wrong('issuer', message, `Set "issuer" to exactly "${found}", if you trust that issuer.`)];
}

function compareAudience({ claims }: ReadableToken, { audience }: Plan): Finding[] {
  const audiences = audiencesOf(claims);
  if (audience === undefined || audiences.includes(audience)) return [];
  if (audiences.length === 0) {
    const change =
      'Have the identity provider add the audience of your API, for example with an audience mapper or the "resource" parameter.';
    return [wrong('audience', 'The token has no audience ("aud").', change)];
  }
  const shown = audiences.slice(0, 5).map((one) => shownValue(shownUrl(one)));
  const [near] = audiences
    .filter((one) => URL.canParse(one) && URL.canParse(audience))
    .map((one) => nearMiss(audience, one));
  const message = `The token is for ${shown.join(' and ')}, not for "${shownUrl(audience)}"${near ? `: ${near}` : ''}.`;
  const change = `Set "audience" to ${shown[0]} if that is your API; otherwise request a token for your API.`;
  return [wrong('audience', message, change)];
}

interface Verdict {
  readonly findings: readonly Finding[];
  readonly reason?: VerifyFailure;
}

async function verifyToken(token: ReadableToken, plan: Plan, keys: URL): Promise<Verdict> {
  const { issuer, audience, timeoutMs } = plan;
  const client = createAuthClient({
    jwksUrl: keys.href,
    issuer,
    ...(audience !== undefined && { audience }),
    jwks: { timeout: `${timeoutMs / 1000}s` },
    onWarning: () => {},
  });
  try {
    const result = await client.verify(token.compact);
    if (result.valid) return { findings: [fits('token', 'The package accepts the token.'), scopesIn(token)] };
    const { reason, message } = result;
    return { findings: [wrong('token', message, CHANGES[reason])], reason };
  } catch (error) {
    const message = error instanceof AuthError ? error.message : 'The token could not be verified.';
    return { findings: [wrong('token', message, 'Try again when the keys can be fetched.')] };
  }
}
