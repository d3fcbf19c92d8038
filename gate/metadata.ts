import { GateAnswer } from './answers.js';
import type { GateConfig } from './config.js';
import { PROOF_ALGORITHMS } from './dpop/proof-keys.js';
import { pathOf } from './request.js';
import { isMetadataPath, ROOT_METADATA_PATH } from './resource.js';

const METHODS = 'GET, HEAD, OPTIONS';
// The document is public, and clients in browsers read it before they have a token.
export const ANY_ORIGIN = { 'access-control-allow-origin': '*' };

/** The answer to a request for the metadata of the resource, otherwise `undefined`. */
export type Metadata = (request: { readonly method: string; readonly url: string }) => GateAnswer | undefined;

/**
 * Creates the function that answers requests for the metadata.
 *
 * @see RFC 9728 section 3
 */
export function createMetadata(config: GateConfig): Metadata {
  const { resource, authorizationServers, scopesSupported, dpop } = config;
  const document = JSON.stringify({
    ...config.metadata,
    resource: resource.text,
    ...(authorizationServers.length > 0 && { authorization_servers: authorizationServers }),
    ...(scopesSupported.length > 0 && { scopes_supported: scopesSupported }),
    bearer_methods_supported: ['header'],
    ...(dpop !== 'off' && { dpop_signing_alg_values_supported: PROOF_ALGORITHMS }),
    ...(dpop === 'required' && { dpop_bound_access_tokens_required: true }),
  });
  const headers = { ...ANY_ORIGIN, 'content-type': 'application/json' };

  return ({ method, url }) => {
    // A cheap test first, because nearly every request is for something else.
    if (!url.includes(ROOT_METADATA_PATH) || !isMetadataPath(resource, pathOf(url) ?? '')) return undefined;
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
