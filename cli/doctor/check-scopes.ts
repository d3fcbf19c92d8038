import { scopesOf } from '../../gate/scopes.js';
import { shownValue } from '../bounded.js';
import type { ReadableToken } from '../read-token.js';
import { memberOf } from './fetch-document.js';
import { type Finding, note } from './finding.js';

/*
 * Scopes lead only to notes: the doctor does not know what each route requires, and at the server, one scope may include another.
 */

/** The scopes of a valid token. A gate may still refuse it with 403. */
export function scopesIn({ claims }: ReadableToken): Finding {
  const scopes = scopesOf(claims, false);
  return scopes.length === 0
    ? note(
        'token',
        'The token has no scopes ("scope" or "scp").',
        'If your gate requires scopes, request them from the identity provider.',
      )
    : note(
        'token',
        `The token has the scopes: ${shownText(scopes)}.`,
        'A gate may require others: compare them with those that your gate and its routes require.',
      );
}

/** The scopes that the challenge of an MCP server requires, and that the token does not have. */
export function compareChallenge(challenge: string, token: ReadableToken): Finding[] {
  const missing = missingIn(token, scopesInChallenge(challenge));
  if (missing.length === 0) return [];
  return [
    note(
      'challenge',
      `The server requires the scope ${shownText(missing)}, which the token does not have.`,
      'Request that scope from the identity provider, unless another scope of the token includes it.',
    ),
  ];
}

/** The other scopes that the metadata of an MCP server lists, and that the token does not have. */
export function compareSupported(document: unknown, challenge: string, token: ReadableToken): Finding[] {
  const supported = [memberOf(document, 'scopes_supported')].flat().filter((one) => typeof one === 'string');
  const required = scopesInChallenge(challenge);
  const missing = missingIn(token, supported).filter((scope) => !required.includes(scope));
  if (missing.length === 0) return [];
  return [
    note(
      'metadata',
      `The server also knows the scope ${shownText(missing)}, which the token does not have.`,
      'Request that scope from the identity provider, if a tool that you call requires it.',
    ),
  ];
}

const scopesInChallenge = (challenge: string): string[] =>
  /\bscope="([^"]*)"/i.exec(challenge)?.[1]?.split(' ') ?? [];

function missingIn({ claims }: ReadableToken, wanted: readonly string[]): string[] {
  const scopes = scopesOf(claims, true);
  return wanted.filter((scope) => !scopes.includes(scope));
}

const shownText = (scopes: readonly string[]): string => shownValue(scopes.join(' '));
