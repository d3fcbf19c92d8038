// What each client does with the whole life of a login: the first one, expiry, a tool that needs more, and a sign-out.
import { deepEqual, equal, rejects } from 'node:assert/strict';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PACKAGES } from './clients.js';
import { LOGIN_CLIENTS, type LoginClient } from './logins.js';
import {
  type ProtectedServer,
  SERVER_LINES,
  type ServerLine,
  startProtectedServer,
} from './protected-server.js';

/** In seconds. Long enough for the start of a slow client. */
const SHORT_LIFETIME = 8;

export const LOGIN_HEAD = [
  'client',
  'package',
  'version',
  'server',
  'logs in',
  'after expiry',
  'steps up',
  'after a sign-out',
];

/** Opens a client, and closes it and the server at the end. */
async function withClient<T>(
  client: LoginClient,
  line: ServerLine,
  folder: string,
  announces: boolean,
  use: (call: (tool: string) => Promise<string>, server: ProtectedServer) => Promise<T>,
): Promise<T> {
  const server = await startProtectedServer(line, announces);
  try {
    server.provider.tokenLifetime = SHORT_LIFETIME;
    const home = await mkdtemp(join(folder, 'home-'));
    const session = await client.open(server, folder, home);
    return await use(session.call, server).finally(() => session.close());
  } finally {
    await server.stop();
  }
}

/** The whole flow. Throws where it is not as expected. */
async function flow(client: LoginClient, line: ServerLine, folder: string): Promise<void> {
  // A client that cannot step up must ask for all scopes at the first login.
  await withClient(client, line, folder, !client.stepsUp, async (call, { provider, signOut }) => {
    const { counts } = provider;
    const clientId = await call('who_am_i');
    provider.tokenLifetime = 600;
    await sleep(SHORT_LIFETIME * 1000);
    equal(await call('who_am_i'), clientId);
    deepEqual([counts.registered, counts.logins, counts.refreshed > 0], [1, 1, true]);

    equal(await call('write_file'), 'written');
    const logins = client.stepsUp ? 2 : 1;
    deepEqual([counts.registered, counts.logins], [1, logins]);

    await signOut();
    // The sign-out includes tokens that are issued in the same second.
    await sleep(1000);
    await call('who_am_i');
    equal(counts.logins, logins + 1);
  });
  if (client.stepsUp) return;
  await withClient(client, line, folder, false, async (call, { provider }) => {
    provider.tokenLifetime = 600;
    await call('who_am_i');
    await rejects(call('write_file'));
  });
}

/** The row of a client with a server of one line, and what was wrong. */
async function logIn(client: LoginClient, line: ServerLine, folder: string) {
  const cells = [client.name, `\`${client.package}\``, PACKAGES[client.package], `SDK ${line}`];
  try {
    await flow(client, line, folder);
    const more = client.stepsUp ? 'logs in again' : 'only at the login';
    return { cells: [...cells, 'yes', 'refreshes', more, 'logs in again'], wrong: [] };
  } catch (error) {
    const wrong = [`${client.name} with a server of SDK ${line}: ${error}`];
    return { cells: [...cells, 'FAILED', '', '', ''], wrong };
  }
}

/** The rows of all clients with servers of both lines. */
export async function logInWithAll(folder: string) {
  const perClient = LOGIN_CLIENTS.map(async (client) => {
    const rows: Awaited<ReturnType<typeof logIn>>[] = [];
    // One after the other, because a client may listen on a fixed port.
    for (const line of SERVER_LINES) rows.push(await logIn(client, line, folder));
    return rows;
  });
  return (await Promise.all(perClient)).flat();
}
