import { clientFrom } from '../../../src/client.js';
import { parseConfig } from '../../../src/config/parse.js';
import { type AuthClient, type AuthProviderConfig, createAuthClient } from '../../../src/index.js';
import type { SignatureEngine } from '../../../src/signature/engine.js';
import { AUDIENCE, ISSUER, JWKS, type Kind, type Options, SECRET } from './forge.js';

/** The options of an attack that names none. */
export const DEFAULT_OPTIONS: Options = { issuer: ISSUER, audience: AUDIENCE };

/** Clients that are made once per kind and options, and then kept, as a server keeps its own. */
export class Clients {
  readonly #made = new Map<string, AuthClient>();
  readonly #sources: Pick<AuthProviderConfig, 'jwksUrl' | 'jwks'>;
  readonly #engine: SignatureEngine | undefined;

  constructor(
    sources: Pick<AuthProviderConfig, 'jwksUrl' | 'jwks'> = servedFromMemory(),
    engine?: SignatureEngine,
  ) {
    this.#sources = sources;
    this.#engine = engine;
  }

  get(kind: Kind, options: Options = DEFAULT_OPTIONS): AuthClient {
    const name = JSON.stringify([kind, options]);
    const client = this.#made.get(name) ?? this.#make(kind, options);
    this.#made.set(name, client);
    return client;
  }

  #make(kind: Kind, options: Options): AuthClient {
    const config: AuthProviderConfig = {
      ...options,
      ...(kind !== 'jwks' && { secret: SECRET }),
      ...(kind !== 'secret' && this.#sources),
      onWarning: () => {},
    };
    return this.#engine ? clientFrom(parseConfig(config), this.#engine) : createAuthClient(config);
  }
}

/** The JWKS without a server, for where thousands of clients or tokens are tried. */
export function servedFromMemory(jwks: object | string = JWKS): Pick<AuthProviderConfig, 'jwksUrl' | 'jwks'> {
  const body = typeof jwks === 'string' ? jwks : JSON.stringify(jwks);
  return {
    jwksUrl: 'https://issuer.example/jwks.json',
    jwks: { fetch: async () => new Response(body) },
  };
}
