import { type AuthClient, type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { vi } from 'vitest';
import { clientFrom } from '../../src/client/client.js';
import { parseConfig } from '../../src/config/parse.js';
import type { SignatureEngine } from '../../src/signature/engine.js';
import { AUDIENCE, ISSUER, jwksOf, KEYS, SECRET } from './forge.js';

export const KINDS = ['secret', 'jwks', 'both'] as const;

/** A client with a secret, with a JWKS, or with both. */
export type Kind = (typeof KINDS)[number];

/** Options that a client of every kind can have. */
export type Options = Omit<AuthProviderConfig, 'secret' | 'jwksUrl' | 'algorithm'>;

export type Sources = Pick<AuthProviderConfig, 'jwksUrl' | 'jwks'>;

/** The options of a client if a test gives none. */
const DEFAULT_OPTIONS: Options = { issuer: ISSUER, audience: AUDIENCE };

/** Creates one client per kind and options and reuses it, as a server does. */
export class Clients {
  readonly #made = new Map<string, AuthClient>();
  readonly #sources: Sources;
  readonly #engine: SignatureEngine | undefined;

  constructor(sources: Sources = servedFromMemory(), engine?: SignatureEngine) {
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

/** Stops the system clock. The monotonic clock advances half a millisecond each time it is read. */
export function quickClock(seconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1000 });
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => (now += 0.5));
}

/** Serves a JWKS without a server, by default that of the identity provider. It calls `asked` for each request. */
export function servedFromMemory(jwks?: object | string, asked = (): void => {}): Sources {
  let body: string | undefined;
  const fetch = async (): Promise<Response> => {
    asked();
    body ??= typeof jwks === 'string' ? jwks : JSON.stringify(jwks ?? jwksOf(KEYS));
    return new Response(body);
  };
  // With `quickClock`, this cooldown passes between two tokens, so no key look-up is rate-limited.
  return { jwksUrl: 'https://issuer.example/jwks.json', jwks: { fetch, cooldown: '0.001s' } };
}
