import { GateAnswer } from './answers.js';
import type { GateConfig } from './config.js';
import { PROOF_ALGORITHMS } from './dpop/proof-keys.js';
import { pathOf } from './request.js';
import { isMetadataPath } from './resource.js';

const METHODS = 'GET, HEAD, OPTIONS';
// The document is public, and clients in browsers read it before they have a token.
const ANY_ORIGIN = { 'access-control-allow-origin': '*' };

/**
 * Creates the function that answers requests for the metadata of the resource. It returns `undefined` for every other
 * request.
 *
 * @see RFC 9728 section 3
 */
export function createMetadata(
  config: GateConfig,
): (request: { readonly method: string; readonly url: string }) => GateAnswer | undefined {
  const { resource, authorizationServers, requiredScopes, dpop } = config;
  const document = JSON.stringify({
    resource: resource.text,
    ...(authorizationServers.length > 0 && { authorization_servers: authorizationServers }),
    ...(requiredScopes.length > 0 && { scopes_supported: requiredScopes }),
    bearer_methods_supported: ['header'],
    ...(dpop !== 'off' && { dpop_signing_alg_values_supported: PROOF_ALGORITHMS }),
    ...(dpop === 'required' && { dpop_bound_access_tokens_required: true }),
  });
  const headers = { ...ANY_ORIGIN, 'content-type': 'application/json' };

  return ({ method, url }) => {
    // A cheap test first, because nearly every request is for something else.
    if (!url.includes(resource.metadataPath) || !isMetadataPath(resource, pathOf(url) ?? ''))
      return undefined;
    switch (method) {
      case 'GET':
        return new GateAnswer(200, headers, document);
      case 'HEAD':
        return new GateAnswer(200, headers);
      case 'OPTIONS':
        return new GateAnswer(204, {
          ...ANY_ORIGIN,
          'access-control-allow-methods': METHODS,
          'access-control-allow-headers': '*',
        });
      default:
        return new GateAnswer(405, { ...ANY_ORIGIN, allow: METHODS });
    }
  };
}
