import type { SigningKeyOptions } from '../src/config/options.js';
import { ownKeyEntry, SIGNING_KEY } from '../src/config/signing-keys.js';
import type { Form } from '../src/keys/remote/fetch-json.js';
import { configError } from '../src/shared/options.js';
import { withoutPrototype } from '../src/shared/own-properties.js';
import { oneOf, text } from '../src/shared/schema.js';
import type { Checked } from '../src/shared/shape.js';
import { assertionSigner } from './client-assertion.js';

/**
 * How a client proves its id to the endpoint of an issuer. Give `secret`; or a key as in `signingKeys` of a client, which signs an
 * assertion for each request (`private_key_jwt`): `privateKey`, or `publicKey` and `sign`.
 */
export interface ClientAuthOptions extends SigningKeyOptions {
  /**
   * The secret that the issuer has given to this client. Default: none, so a key is needed.
   * @see RFC 6749 section 2.3.1
   */
  secret?: string;
  /** Where the secret is sent: in the `Authorization` header, or in the body. Default `'header'`. */
  in?: 'header' | 'body';
  /** The `kid` of assertions. Default: none, because some issuers know the key by another id. */
  keyId?: string;
  /**
   * The `aud` of assertions. Some issuers expect the URL of their token endpoint. Default: the issuer; for Entra, the endpoint.
   * @see RFC 7523 section 3
   */
  audience?: string;
}

/**
 * The options of {@link ClientAuthOptions}, as they are checked.
 *
 * @internal
 */
export const CLIENT_AUTH = {
  ...SIGNING_KEY,
  secret: text,
  in: oneOf(['header', 'body'], '"header" or "body"'),
  audience: text,
};

/**
 * Adds what proves the id of the client to a form. It is called for each request, because an assertion may be used only once.
 *
 * @internal
 */
export type ClientAuth = (fields: URLSearchParams, endpoint: URL) => Form | Promise<Form>;

/**
 * @param audience the default `aud` of assertions. `undefined`: the endpoint.
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 * @internal
 */
export function clientAuthOf(
  options: Checked<typeof CLIENT_AUTH> | undefined,
  clientId: string,
  audience: string | undefined,
): ClientAuth {
  if (!options) throw configError('"clientAuth" is missing: it must be an object of options.');
  const { secret, in: place, audience: given, ...rest } = options;
  const key: Omit<typeof options, 'secret' | 'in' | 'audience'> = withoutPrototype(rest);
  const hasKey = Object.keys(key).length > 0;
  if (secret === undefined && !hasKey) throw configError('"clientAuth" needs "secret" or "privateKey".');
  if (secret !== undefined) {
    if (hasKey || given !== undefined)
      throw configError('"clientAuth" has "secret" and a key: give one of them.');
    return secretAuth(secret, place, clientId);
  }
  if (place !== undefined) throw configError('"clientAuth.in" is only for "secret".');
  if (!key.privateKey && !key.sign) {
    throw configError(
      '"clientAuth" must be able to sign: give it "privateKey", or "sign" beside "publicKey".',
    );
  }
  const sign = assertionSigner(ownKeyEntry(key, 'clientAuth'), key.keyId, clientId);
  return async (fields, endpoint) => {
    const assertion = await sign(given ?? audience ?? endpoint.href);
    const type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    return {
      headers: {},
      fields: extended(fields, clientId, { client_assertion_type: type, client_assertion: assertion }),
    };
  };
}

function secretAuth(secret: string, place: 'header' | 'body' | undefined, clientId: string): ClientAuth {
  if (place === 'body') {
    return (fields) => ({ headers: {}, fields: extended(fields, clientId, { client_secret: secret }) });
  }
  // Both parts are form-encoded, so that neither a colon nor a character beyond ASCII is mistaken.
  const credentials = btoa(`${formEncoded(clientId)}:${formEncoded(secret)}`);
  return (fields) => ({ headers: { authorization: `Basic ${credentials}` }, fields });
}

function extended(
  fields: URLSearchParams,
  clientId: string,
  more: Readonly<Record<string, string>>,
): URLSearchParams {
  return new URLSearchParams([...fields, ['client_id', clientId], ...Object.entries(more)]);
}

const formEncoded = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1);
