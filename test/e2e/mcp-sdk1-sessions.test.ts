// The sessions of the guide's server of SDK 1.x: to whom they belong, and when they and their streams end.
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';
import { afterAll, afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { headersOf, INITIALIZE, postMessage, startExample, toolCall } from '../support/mcp-messages.js';
import { until } from '../support/until.js';

const AUDIENCE = 'https://api.example.com/mcp';
const CLAIMS = { sub: 'user-1', client_id: 'agent', scope: 'mcp' };

const issuer = await createTestIssuer({ audience: AUDIENCE });
await issuer.listen();
afterAll(() => issuer.close());

const start = (): Promise<string> =>
  startExample(() => import('../../examples/http/mcp-sdk1-sessions.js'), issuer.url, AUDIENCE);

describe('A session of SDK 1.x', () => {
  afterEach(() => void vi.useRealTimers());

  /** Opens a session, and returns how to use it with a token. */
  async function open(url: string, token: string) {
    const response = await postMessage(url, token, INITIALIZE);
    const id = response.headers.get('mcp-session-id') ?? '';
    expect([response.status, id]).toEqual([200, expect.stringMatching(/^[\w-]{36}$/)]);
    return (by: string, method = 'POST') =>
      fetch(url, {
        method,
        headers: { ...headersOf(by), 'mcp-session-id': id },
        ...(method === 'POST' && { body: JSON.stringify(toolCall('who_am_i')) }),
      });
  }

  it('belongs to the user, client and issuer that opened it', async () => {
    const other = await createTestIssuer({ audience: AUDIENCE });
    onTestFinished(() => other.close());
    await other.listen();
    // The gate of the guide has one issuer. This one has two.
    const auth = createAuthClient({
      issuers: [issuer, other].map(({ url }) => ({ issuer: url, audience: AUDIENCE })),
    });
    const gate = protectMcp(auth, { resource: AUDIENCE, requiredScopes: ['mcp'] });
    vi.doMock('../../examples/http/gate.js', () => ({ auth, gate, resource: AUDIENCE }));
    onTestFinished(() => void vi.doUnmock('../../examples/http/gate.js'));

    const url = await start();
    const use = await open(url, await issuer.token(CLAIMS));
    const others = [
      await issuer.token({ ...CLAIMS, sub: 'user-2' }),
      await issuer.token({ ...CLAIMS, sub: undefined }),
      await issuer.token({ ...CLAIMS, client_id: 'another-agent' }),
      await other.token(CLAIMS),
    ];
    const unknown = await postMessage(url, await issuer.token(CLAIMS), toolCall('who_am_i'), {
      'mcp-session-id': 'x',
    });
    const notFound = await unknown.text();
    expect(unknown.status).toBe(404);
    for (const token of others) {
      for (const method of ['POST', 'GET', 'DELETE']) {
        const response = await use(token, method);
        expect([response.status, await response.text()]).toEqual([404, notFound]);
      }
    }
    expect((await use(await issuer.token(CLAIMS))).status).toBe(200);
  });

  it('is not opened for a token that names neither a user nor a client', async () => {
    const url = await start();
    const nobody = await issuer.token({ scope: 'mcp' });
    const response = await postMessage(url, nobody, INITIALIZE);
    expect([response.status, response.headers.get('mcp-session-id')]).toEqual([403, null]);
    for (const claims of [{ sub: 'user-1' }, { client_id: 'agent' }]) {
      const use = await open(url, await issuer.token({ ...claims, scope: 'mcp' }));
      expect((await use(nobody)).status).toBe(403);
    }
  });

  it('outlives the token that opened it, and ends when its owner deletes it', async () => {
    const use = await open(await start(), await issuer.token(CLAIMS));
    const renewed = await issuer.token({ ...CLAIMS, scope: 'mcp files:write' });
    expect((await use(renewed)).status).toBe(200);
    expect((await use(await issuer.token(CLAIMS, { expiresIn: '-5m' }))).status).toBe(401);
    expect((await use(renewed, 'DELETE')).status).toBe(200);
    expect((await use(renewed)).status).toBe(404);
  });

  /** Whether a server has ended its stream. It has not if the connection just breaks. */
  function watch(response: Response): { readonly ended: boolean } {
    const state = { ended: false };
    response.text().then(
      () => {
        state.ended = true;
      },
      () => {},
    );
    return state;
  }
  const fakeTime = () => vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'] });

  it('has a stream that ends with its token, and another one with the next token', async () => {
    fakeTime();
    const url = await start();
    const token = await issuer.token(CLAIMS, { expiresIn: '1m' });
    const use = await open(url, token);
    const response = await use(token, 'GET');
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream']);
    const stream = watch(response);

    vi.advanceTimersByTime(58_000);
    expect((await use(token)).status).toBe(200);
    expect(stream.ended).toBe(false);
    vi.advanceTimersByTime(2_000);
    await until(() => stream.ended);
    expect((await use(token)).status).toBe(401);

    const next = await use(await issuer.token(CLAIMS), 'GET');
    expect(next.status).toBe(200);
    await next.body?.cancel();
  });

  it('ends with its stream when its user signs out, and those of other users stay', async () => {
    const url = await start();
    const { endSessions } = await import('../../examples/http/mcp-sdk1-sessions.js');
    const tokens = {
      mine: await issuer.token(CLAIMS),
      myOther: await issuer.token({ ...CLAIMS, client_id: 'another-agent' }),
      yours: await issuer.token({ ...CLAIMS, sub: 'user-2' }),
    };
    const opened = Object.values(tokens).map(async (token) => {
      const use = await open(url, token);
      return { use: () => use(token), stream: watch(await use(token, 'GET')) };
    });
    const [mine, myOther, yours] = await Promise.all(opened);
    await endSessions('https://other.example.com', 'user-1');
    expect((await mine?.use())?.status).toBe(200);
    await endSessions(issuer.url, 'user-1');
    await until(() => mine?.stream.ended === true && myOther?.stream.ended === true);
    expect([(await mine?.use())?.status, (await myOther?.use())?.status]).toEqual([404, 404]);
    expect([yours?.stream.ended, (await yours?.use())?.status]).toEqual([false, 200]);
  });

  it('has a stream with a token that is valid for longer than a timer can wait', async () => {
    fakeTime();
    const token = await issuer.token(CLAIMS, { expiresIn: '30d' });
    const use = await open(await start(), token);
    const response = await use(token, 'GET');
    const stream = watch(response);
    vi.advanceTimersByTime(60_000);
    expect((await use(token)).status).toBe(200);
    expect(stream.ended).toBe(false);
  });

  it('ends after a day without a request', async () => {
    fakeTime();
    const token = () => issuer.token(CLAIMS);
    const use = await open(await start(), await token());
    for (const hours of [23, 23]) {
      vi.advanceTimersByTime(hours * 3_600_000);
      expect((await use(await token())).status).toBe(200);
    }
    vi.advanceTimersByTime(24 * 3_600_000);
    expect((await use(await token())).status).toBe(404);
  });
});
