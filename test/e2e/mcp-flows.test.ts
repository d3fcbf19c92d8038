// Whole flows of the official clients of both SDK lines, from the first challenge to the revocation, with a real identity
// provider and the servers of `examples/http` for both lines.
import type { ServerResponse } from 'node:http';
import * as sdk2 from '@modelcontextprotocol/client';
import * as auth1 from '@modelcontextprotocol/sdk/client/auth.js';
import type { Express } from 'express';
import { type AuthClient, createAuthClient } from 'intentkit-auth';
import { type PrivateMcpOptions, protectMcp } from 'intentkit-auth/mcp';
import { createRevocationList } from 'intentkit-auth/revocation';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { startServer } from '../../examples/authorization-server.js';
import {
  browse,
  type LoginServer,
  type LoginServerOptions,
  startLoginServer,
} from '../support/login-server.js';
import { LINES, type Line, Memory } from '../support/mcp-lines.js';
import { memoryStore } from '../support/stores.js';
import { until } from '../support/until.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['Date', 'performance'] }));
afterEach(() => void vi.useRealTimers());
const passSeconds = (seconds: number): void => void vi.advanceTimersByTime(seconds * 1000);

const SERVERS: Readonly<Record<string, () => Promise<{ app: Express }>>> = {
  'SDK 1.x': () => import('../../examples/http/mcp-sdk1-sessions.js'),
  'SDK 2': () => import('../../examples/http/mcp-express.js'),
};

interface Place {
  readonly url: URL;
  readonly provider: LoginServer;
  readonly auth: AuthClient;
  /** Waits until the server has begun to answer every request. */
  settled(): Promise<void>;
}

/** Starts a provider and a server for one test. */
async function start(
  server: string,
  { initialScopes, ...options }: LoginServerOptions & Pick<PrivateMcpOptions, 'initialScopes'> = {},
): Promise<Place> {
  // The provider points out on the console that its store is in memory, and that it prefers a newer Node.
  const quiet = vi.spyOn(console, 'warn').mockImplementation(() => {});
  const provider = await startLoginServer(options);
  quiet.mockRestore();
  onTestFinished(() => provider.stop());

  let auth: AuthClient | undefined;
  const answers: ServerResponse[] = [];
  const running = await startServer(async (origin) => {
    const resource = `${origin}/mcp`;
    const revocation = createRevocationList(memoryStore(), { maxLifetime: '1d' });
    auth = createAuthClient({
      issuers: [{ issuer: provider.url, audience: resource, typ: 'at+jwt' }],
      revocation,
    });
    const gate = protectMcp(auth, {
      resource,
      requiredScopes: ['mcp'],
      ...(initialScopes && { initialScopes }),
    });
    // The gate of the guide, with a revocation list.
    vi.resetModules();
    vi.doMock('../../examples/http/gate.js', () => ({ auth, gate, resource }));
    const app = (await SERVERS[server]?.())?.app;
    return (request, response) => {
      answers.push(response);
      app?.(request, response);
    };
  });
  onTestFinished(() => running.stop());
  onTestFinished(() => void vi.doUnmock('../../examples/http/gate.js'));
  if (!auth) throw new Error('The server has no client.');
  const settled = () => until(() => answers.every(({ headersSent }) => headersSent));
  return { url: new URL(`${running.url}/mcp`), provider, auth, settled };
}

/** A client that has logged in and connected. When it is asked to log in, it does. */
async function login({ url }: Place, open: (url: URL, memory: Memory) => Line, memory = new Memory()) {
  /** Does something again after a login, if a login is what it needs. */
  async function withLogin<T>(line: Line, action: () => Promise<T>, retry: () => Promise<T>): Promise<T> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof sdk2.UnauthorizedError || error instanceof auth1.UnauthorizedError)) throw error;
      const answer = (await browse(memory.authorizationUrl)).searchParams;
      if (answer.has('error')) throw new Error(`The provider answers ${answer.get('error')}.`);
      await line.finish(answer);
      return retry();
    }
  }
  let line = open(url, memory);
  onTestFinished(() => line.close());
  await withLogin(
    line,
    () => line.connect(),
    () => {
      line = open(url, memory);
      return line.connect();
    },
  );
  return {
    memory,
    session: () => line.session(),
    async call(name: string): Promise<unknown> {
      const ask = () => line.call(name);
      const { content } = await withLogin(line, ask, ask);
      return (content as { text: string }[])[0]?.text;
    },
  };
}

const BOTH = 'mcp files:write';

describe.each(Object.keys(SERVERS))('A server of %s', (server) => {
  describe.each(Object.entries(LINES))('and a client of %s', (line, open) => {
    const steppingUp = line === 'SDK 1.x' ? 'SDK 1.x' : 'SDK 2';

    it('find each other: the client discovers the provider, registers, logs in, calls, and refreshes', async () => {
      const place = await start(server);
      const { call, memory, session } = await login(place, open);
      expect(await call('who_am_i')).toBe(memory.clientInformation()?.client_id);
      const [first, opened] = [memory.tokens(), session()];
      expect(first).toMatchObject({ scope: 'mcp', refresh_token: expect.any(String) });

      passSeconds(601);
      expect(await call('who_am_i')).toBe(memory.clientInformation()?.client_id);
      expect(memory.tokens()?.access_token).not.toBe(first?.access_token);
      expect(session()).toBe(opened);
      expect(place.provider.counts).toEqual({ registered: 1, logins: 1, refreshed: 1 });
    });

    it('can step up in the same session, where the provider lets clients ask for further scopes', async () => {
      const place = await start(server, { bindsScopes: false });
      // A client of SDK 1.x that can refresh does not step up: see below.
      const grants = ['authorization_code', ...(steppingUp === 'SDK 2' ? ['refresh_token'] : [])];
      const { call, memory, session } = await login(place, open, new Memory(grants));
      const opened = session();
      expect(await call('write_file')).toBe('wrote a.txt');
      expect(memory.tokens()?.scope).toBe(BOTH);
      expect(session()).toBe(opened);
      expect(place.provider.counts).toMatchObject({ registered: 1, logins: 2 });
    });

    it('cannot step up where the provider binds scopes to the registration, and "initialScopes" is the remedy', async () => {
      const bound = await login(await start(server), open, new Memory(['authorization_code']));
      await expect(bound.call('write_file')).rejects.toThrow('The provider answers invalid_scope.');

      const place = await start(server, { initialScopes: BOTH.split(' ') });
      const { call, memory } = await login(place, open);
      expect(await call('write_file')).toBe('wrote a.txt');
      expect(memory.tokens()?.scope).toBe(BOTH);
      expect(place.provider.counts).toEqual({ registered: 1, logins: 1, refreshed: 0 });
    });

    it('go on after a revoked token with a refreshed one, and ask for a login if the refresh token is revoked too', async () => {
      const place = await start(server);
      // The client of SDK 2 points out on the console that it forgets its tokens.
      vi.spyOn(console, 'warn').mockImplementation(() => {});
      const { call, memory } = await login(place, open);
      const revoke = () => place.auth.revoke(memory.tokens()?.access_token ?? '');
      expect(await call('who_am_i')).toEqual(expect.any(String));
      // The stream of the client must not be refused beside its call: clients then refresh twice at once, with one refresh token.
      await place.settled();
      await revoke();
      expect(await call('who_am_i')).toEqual(expect.any(String));
      expect(place.provider.counts).toEqual({ registered: 1, logins: 1, refreshed: 1 });

      await place.provider.revoke();
      await revoke();
      expect(await call('who_am_i')).toEqual(expect.any(String));
      expect(place.provider.counts).toEqual({ registered: 1, logins: 2, refreshed: 1 });
    });
  });

  it('has clients of SDK 1.x that cannot step up if they can refresh, because they refresh instead', async () => {
    const place = await start(server, { bindsScopes: false });
    const { call } = await login(place, LINES['SDK 1.x']);
    await expect(call('write_file')).rejects.toMatchObject({ code: 403 });
    expect(place.provider.counts).toEqual({ registered: 1, logins: 1, refreshed: 1 });
  });

  it('is found by clients that look for metadata without a challenge', async () => {
    const { url, provider } = await start(server);
    const expected = { resource: url.href, authorization_servers: [provider.url] };
    // At the root of the host, where clients look second, and at the path of the resource.
    for (const place of [url.origin, url.href]) {
      expect(await sdk2.discoverOAuthProtectedResourceMetadata(place)).toMatchObject(expected);
      expect(await auth1.discoverOAuthProtectedResourceMetadata(place)).toMatchObject(expected);
      // A client of an older protocol asks whether the server is its own authorization server.
      expect(await sdk2.discoverAuthorizationServerMetadata(place)).toBeUndefined();
      expect(await auth1.discoverAuthorizationServerMetadata(place)).toBeUndefined();
      for (const { url: probe } of auth1.buildDiscoveryUrls(place)) {
        expect([probe.href, (await fetch(probe)).status]).toEqual([probe.href, 404]);
      }
    }
  });
});
