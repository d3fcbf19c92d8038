/**
 * Runs 200 clients in 10 processes with one issuer through a cold start, a rotation, an outage and the recovery. For each
 * phase, it prints the number of requests and the most within a second and within 100 ms, and then how many clients refresh
 * in the same second. Time is real, but keys are fresh for three minutes instead of ten.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createAuthClient } from 'intentkit-auth';
import { answer, keys } from '../support/faulty-jwks-server.js';
import { startJwksServer } from '../support/jwks-server.js';
import { createSigner } from '../support/mint.js';

const PROCESSES = 10;
const CLIENTS_A_PROCESS = 20;
const CLIENTS = PROCESSES * CLIENTS_A_PROCESS;
const CACHE_MAX_AGE_S = 180;
const TOKEN_EVERY_MS = 250;

/** The verdicts of one process since its last report. */
interface Tally {
  valid: number;
  refused: number;
  noVerdict: number;
}

/** Resolves to true if no valid token was refused and the clients did not refresh in the same second. */
export async function soakFleet(): Promise<boolean> {
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  say(`${CLIENTS} clients in ${PROCESSES} processes: about 5 min`);
  const [k1, k2] = [createSigner('k1'), createSigner('k2')];
  const arrivals: number[] = [];
  const server = await startJwksServer();
  let endpoint = keys(k1.jwk);
  server.handler = (...exchange) => {
    arrivals.push(performance.now());
    endpoint(...exchange);
  };
  const children = Array.from({ length: PROCESSES }, () =>
    fork(fileURLToPath(import.meta.url), [server.url]),
  );
  await Promise.all(children.map((child) => once(child, 'message')));

  let isRight = true;
  /** Runs one phase. Resolves to the most requests within a second. */
  async function phase(name: string, token: string, seconds: number): Promise<number> {
    for (const child of children) child.send({ token });
    const began = performance.now();
    await sleep(seconds * 1000);
    const tally = await collect(children);
    const during = arrivals.filter((at) => at >= began);
    const aSecond = mostWithin(during, 1000);
    say(
      `${name}: ${during.length} requests, at most ${aSecond} a second and ${mostWithin(during, 100)} in 100 ms; ` +
        `${tally.valid} valid, ${tally.refused} refused, ${tally.noVerdict} without a verdict`,
    );
    if (tally.refused > 0) isRight = false;
    return aSecond;
  }

  try {
    await phase('cold start', k1.token, 5);
    endpoint = keys(k1.jwk, k2.jwk);
    await phase('rotation', k2.token, 10);
    const inStep = await phase('the refresh after it', k2.token, CACHE_MAX_AGE_S);
    say(`at most ${((inStep / CLIENTS) * 100).toFixed(1)} % of the clients refresh in one second`);
    if (inStep > CLIENTS / 10) isRight = false;
    endpoint = answer(503);
    await phase('outage', k2.token, 60);
    endpoint = keys(k1.jwk, k2.jwk);
    await phase('recovery', k2.token, 35);
  } finally {
    for (const child of children) child.disconnect();
    await server.close();
  }
  return isRight;
}

function mostWithin(times: readonly number[], milliseconds: number): number {
  let most = 0;
  for (const [index, time] of times.entries()) {
    const until = times.findIndex((other, at) => at >= index && other >= time + milliseconds);
    most = Math.max(most, (until < 0 ? times.length : until) - index);
  }
  return most;
}

async function collect(children: readonly ChildProcess[]): Promise<Tally> {
  const sum: Tally = { valid: 0, refused: 0, noVerdict: 0 };
  for (const child of children) {
    child.send({});
    const [tally]: Tally[] = await once(child, 'message');
    for (const name of ['valid', 'refused', 'noVerdict'] as const) sum[name] += tally?.[name] ?? 0;
  }
  return sum;
}

/** Runs one process of the fleet. Each client verifies a token four times a second. */
function live(url: string): void {
  let token: string | undefined;
  let tally: Tally = { valid: 0, refused: 0, noVerdict: 0 };
  const clients = Array.from({ length: CLIENTS_A_PROCESS }, () =>
    createAuthClient({ jwksUrl: url, jwks: { cacheMaxAge: `${CACHE_MAX_AGE_S}s` }, onWarning: () => {} }),
  );
  const timer = setInterval(() => {
    if (token === undefined) return;
    for (const client of clients) {
      client.verify(token).then(
        ({ valid }) => {
          if (valid) tally.valid += 1;
          else tally.refused += 1;
        },
        () => {
          tally.noVerdict += 1;
        },
      );
    }
  }, TOKEN_EVERY_MS);
  process.on('message', (order: { token?: string }) => {
    if (order.token !== undefined) {
      token = order.token;
      return;
    }
    process.send?.(tally);
    tally = { valid: 0, refused: 0, noVerdict: 0 };
  });
  process.once('disconnect', () => clearInterval(timer));
  process.send?.('ready');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) live(process.argv[2] ?? '');
