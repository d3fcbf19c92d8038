// Tests deadlines in separate processes whose event loop is really blocked in every turn.
import { expect, it } from 'vitest';
import { startChild } from '../support/child.js';

const TURNS_MS = [110, 160, 200, 2200];
const FETCH_MS = 1000;
const STORE_MS = 250;

/** Asks an endpoint and a store that never answer. Prints the outcome of each question and after how many turns it ended. */
const program = (turnMs: number): string => `
  import { createServer } from 'node:http';
  import { createAuthClient } from 'intentkit-auth';
  import { createRevocationList } from '../../revocation/index.js';
  import { generateKeys, mint } from './mint.js';

  const endpoint = createServer(() => {}).listen(0, '127.0.0.1');
  await new Promise((resolve) => endpoint.once('listening', resolve));
  const jwksUrl = 'http://127.0.0.1:' + endpoint.address().port;
  const onWarning = () => {};
  const client = createAuthClient({ jwksUrl, jwks: { timeout: '${FETCH_MS / 1000}s' }, onWarning });
  const hang = () => new Promise(() => {});
  const list = createRevocationList({ get: hang, set: hang }, { timeout: '${STORE_MS / 1000}s', onWarning });
  const { privateKey } = generateKeys('ES256', 'k1');
  const token = mint({ header: { alg: 'ES256', kid: 'k1' }, payload: {}, key: privateKey });

  let turns = 0;
  const blocked = new Int32Array(new SharedArrayBuffer(4));
  const turn = () => {
    Atomics.wait(blocked, 0, 0, ${turnMs});
    turns += 1;
    if (turns > 60) process.exit(1);
    setImmediate(turn);
  };
  const ended = (work) => work.then(() => 'an answer', ({ code }) => code).then((outcome) => ({ outcome, turns }));
  turn();
  const results = await Promise.all([ended(client.verify(token)), ended(list.isRevoked({ jti: 'a' }))]);
  process.stdout.write(JSON.stringify(results), () => process.exit(0));
`;

/** The most turns that a deadline may take. It starts a few turns after the call, and its timer may be two turns late. */
const most = (deadlineMs: number, turnMs: number): number => Math.ceil(deadlineMs / turnMs) + 6;

it('Deadlines of a fetch and of a store fire if every turn of the event loop takes 110, 160, 200 or 2200 ms', async () => {
  const children = await Promise.all(TURNS_MS.map((turnMs) => startChild(program(turnMs))));
  expect(await Promise.all(children.map(({ ended }) => ended))).toEqual(TURNS_MS.map(() => 0));
  for (const [index, turnMs] of TURNS_MS.entries()) {
    const [fetched, asked] = JSON.parse(children[index]?.lines.join('') ?? '');
    expect([fetched.outcome, asked.outcome]).toEqual(['ERR_JWKS_UNAVAILABLE', 'ERR_REVOCATION_UNAVAILABLE']);
    expect(fetched.turns).toBeLessThanOrEqual(most(FETCH_MS, turnMs));
    expect(asked.turns).toBeLessThanOrEqual(most(STORE_MS, turnMs));
  }
}, 60_000);
