import type { Form } from '../src/keys/remote/fetch-json.js';
import { configError } from '../src/shared/options.js';
import { oneOf, text } from '../src/shared/schema.js';
import type { Checked } from '../src/shared/shape.js';

/** How a client proves its id to the endpoint of an issuer. Give `secret`. */
export interface ClientAuthOptions {
  /**
   * The secret that the issuer has given to this client.
   * @see RFC 6749 section 2.3.1
   */
  secret?: string;
  /** Where the secret is sent: in the `Authorization` header, or in the body. Default `'header'`. */
  in?: 'header' | 'body';
}

/**
 * The options of {@link ClientAuthOptions}, as they are checked.
 *
 * @internal
 */
export const CLIENT_AUTH = {
  secret: text,
  in: oneOf(['header', 'body'], '"header" or "body"'),
};

/**
 * Adds what proves the id of the client to a form. It is called for each request, because an assertion may be used only once.
 *
 * @internal
 */
export type ClientAuth = (fields: URLSearchParams, endpoint: URL) => Form | Promise<Form>;

/**
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 * @internal
 */
export function clientAuthOf(options: Checked<typeof CLIENT_AUTH> | undefined, clientId: string): ClientAuth {
  if (!options) throw configError('"clientAuth" is missing: it must be an object of options.');
  const { secret, in: place = 'header' } = options;
  if (secret === undefined) throw configError('"clientAuth" needs "secret".');
  if (place === 'body') {
    return (fields) => ({
      headers: {},
      fields: extended(fields, { client_id: clientId, client_secret: secret }),
    });
  }
  // Both parts are form-encoded, so that neither a colon nor a character beyond ASCII is mistaken.
  const credentials = btoa(`${formEncoded(clientId)}:${formEncoded(secret)}`);
  return (fields) => ({ headers: { authorization: `Basic ${credentials}` }, fields });
}

function extended(fields: URLSearchParams, more: Readonly<Record<string, string>>): URLSearchParams {
  const all = new URLSearchParams(fields);
  for (const [name, value] of Object.entries(more)) all.set(name, value);
  return all;
}

const formEncoded = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1);
