// The official clients of both SDK lines, each with a provider of tokens that logs a user in.
import type { OAuthClientMetadata } from '@modelcontextprotocol/client';
import * as sdk2 from '@modelcontextprotocol/client';
import type { OAuthClientProvider } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

/** What a client remembers. It fits the `OAuthClientProvider` of both lines. */
export class Memory {
  readonly redirectUrl = 'http://127.0.0.1:1/callback';
  readonly clientMetadata: OAuthClientMetadata;
  authorizationUrl = new URL('http://127.0.0.1');
  readonly #values = new Map<string, unknown>();

  constructor(grants = ['authorization_code', 'refresh_token']) {
    this.clientMetadata = {
      client_name: 'agent',
      redirect_uris: [this.redirectUrl],
      grant_types: grants,
      token_endpoint_auth_method: 'none',
    };
  }
  #get = <T>(name: string): T | undefined => this.#values.get(name) as T | undefined;
  #set = (name: string) => (value: unknown) => void this.#values.set(name, value);

  clientInformation = () => this.#get<sdk2.OAuthClientInformationFull>('client');
  saveClientInformation = this.#set('client');
  tokens = () => this.#get<sdk2.OAuthTokens>('tokens');
  saveTokens = this.#set('tokens');
  codeVerifier = () => this.#get<string>('verifier') ?? '';
  saveCodeVerifier = this.#set('verifier');
  discoveryState = () => this.#get<sdk2.OAuthDiscoveryState>('discovery');
  saveDiscoveryState = this.#set('discovery');
  redirectToAuthorization = (url: URL): void => {
    this.authorizationUrl = url;
  };
  invalidateCredentials = (scope: string): void => void this.#values.delete(scope);
}

/** A client of one line of the SDK. */
export interface Line {
  connect(): Promise<void>;
  call(name: string): Promise<Record<string, unknown>>;
  /** Hands over the query of the redirect URI after a login. */
  finish(answer: URLSearchParams): Promise<void>;
  /** The id of the session, with a server that has sessions. */
  session(): string | undefined;
  close(): Promise<void>;
}
const line2 =
  (mode: sdk2.VersionNegotiationMode) =>
  (url: URL, authProvider: Memory): Line => {
    const client = new sdk2.Client({ name: 'agent', version: '1.0.0' }, { versionNegotiation: { mode } });
    const transport = new sdk2.StreamableHTTPClientTransport(url, { authProvider });
    return {
      connect: () => client.connect(transport),
      call: (name) => client.callTool({ name, arguments: { name: 'a.txt' } }),
      finish: (answer) => transport.finishAuth(answer),
      session: () => transport.sessionId,
      close: () => client.close(),
    };
  };
/** The clients of both lines. */
export const LINES = {
  'SDK 1.x': (url: URL, memory: Memory): Line => {
    const client = new Client1({ name: 'agent', version: '1.0.0' });
    // The casts are for `exactOptionalPropertyTypes`.
    const transport = new Transport1(url, { authProvider: memory as unknown as OAuthClientProvider });
    return {
      connect: () => client.connect(transport as Parameters<typeof client.connect>[0]),
      call: (name) => client.callTool({ name, arguments: { name: 'a.txt' } }),
      finish: (answer) => transport.finishAuth(answer.get('code') ?? ''),
      session: () => transport.sessionId,
      close: () => client.close(),
    };
  },
  'SDK 2': line2('legacy'),
  'SDK 2, with the newest protocol,': line2('auto'),
};
