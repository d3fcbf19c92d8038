import { createAuthClient } from '../../src/client/client.js';
import { AuthError } from '../../src/errors.js';
import { own } from '../../src/shared/own-properties.js';
import { nearMiss, shownUrl } from '../../src/shared/url.js';
import type { VerifyFailure } from '../../src/types.js';
import { type ReadableToken, readToken } from '../read-token.js';
import { printable, shownValue } from '../text.js';
import { type Finding, fits, note, wrong } from './finding.js';
import type { Plan } from './plan.js';

/** What to do about each reason of a refusal that the claims do not already tell. */
const CHANGES: Readonly<Partial<Record<VerifyFailure, string>>> = {
  algorithm:
    'Let the identity provider sign by a key, as by RS256 or ES256; a token signed by a secret needs "secret".',
  key: 'Look whether the token is of this environment and tenant, and not older than the last rotation of keys.',
  signature:
    'Look whether the token was changed on its way, or is of another environment with the same key ids.',
  expired: 'Get a new token; if this one is new, compare the clocks.',
  not_yet_valid: 'Compare the clocks of this machine and of the identity provider.',
  malformed: 'Look for what cut or changed the token on its way.',
};

/** Compares the claims of a token with the configuration, and lets a client of the package judge it. */
export async function checkToken(text: string, plan: Plan, keys: URL | undefined): Promise<Finding[]> {
  const token = readToken(text);
  if (typeof token === 'string') return [wrong('token', token, 'Give the whole token on stdin.')];
  const differences = [...compareIssuer(token, plan), ...compareAudience(token, plan)];
  if (!keys) return [...differences, note('token', 'Its signature was not checked, for lack of keys.')];
  const verdict = await verdictOf(token, plan, keys);
  // The difference says more than the verdict that it leads to.
  return verdict.verdict === 'wrong' &&
    differences.some(({ verdict }) => verdict === 'wrong') &&
    isClaim(verdict)
    ? differences
    : [...differences, verdict];
}

const isClaim = ({ message }: Finding): boolean => /"(iss|aud)" claim/.test(message);

function compareIssuer({ claims }: ReadableToken, { issuer }: Plan): Finding[] {
  const iss = own(claims, 'iss');
  if (iss === issuer) return [];
  if (typeof iss !== 'string') {
    return [
      wrong(
        'issuer',
        'The token does not say who issued it.',
        'Let the identity provider write "iss", or take an access token instead.',
      ),
    ];
  }
  const message = `The token is issued by "${printable(shownUrl(iss))}", not by "${shownUrl(issuer)}": ${nearMiss(issuer, iss)}.`;
  return [
    wrong(
      'issuer',
      message,
      `Set "issuer" to "${printable(shownUrl(iss))}", to the letter, if that is whom you trust.`,
    ),
  ];
}

function compareAudience({ claims }: ReadableToken, { audience }: Plan): Finding[] {
  const audiences = [own(claims, 'aud')].flat().filter((one) => typeof one === 'string');
  if (audience === undefined || audiences.includes(audience)) return [];
  if (audiences.length === 0) {
    return [
      wrong(
        'audience',
        'The token is for nobody in particular: it has no "aud".',
        'Let the identity provider write the audience of your API, as by an audience mapper or the "resource" parameter.',
      ),
    ];
  }
  const shown = audiences.slice(0, 5).map((one) => shownValue(shownUrl(one)));
  const near = audiences
    .filter((one) => URL.canParse(one) && URL.canParse(audience))
    .map((one) => nearMiss(audience, one));
  const message = `The token is for ${shown.join(' and ')}, not for "${shownUrl(audience)}"${near[0] ? `: ${near[0]}` : ''}.`;
  return [
    wrong(
      'audience',
      message,
      `Set "audience" to ${shown[0]} if that is your API; otherwise ask for a token for yours.`,
    ),
  ];
}

async function verdictOf({ compact }: ReadableToken, plan: Plan, keys: URL): Promise<Finding> {
  const { issuer, audience, timeoutMs } = plan;
  const client = createAuthClient({
    jwksUrl: keys.href,
    issuer,
    ...(audience !== undefined && { audience }),
    jwks: { timeout: `${timeoutMs / 1000}s` },
    onWarning: () => {},
  });
  try {
    const { valid, reason, message = '' } = await client.verify(compact);
    if (valid) return fits('token', 'The package accepts the token.');
    return wrong(
      'token',
      message,
      (reason && CHANGES[reason]) ?? 'Compare the token with the configuration: npx intentkit-auth inspect.',
    );
  } catch (error) {
    const why = error instanceof AuthError ? error.message : 'The token could not be verified.';
    return wrong('token', why, 'Try again when the keys can be fetched.');
  }
}
