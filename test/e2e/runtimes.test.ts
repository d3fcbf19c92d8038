// The built package on Node, Bun, Deno and Cloudflare workerd: each runs the scenario of runtimes/ and reports.
import type { RequestListener } from 'node:http';
import type { VerifyResult } from 'intentkit-auth';
import { calculateJwkThumbprint, importJWK, type JWK, jwtVerify } from 'jose';
import { afterAll, expect, it, vi } from 'vitest';
import { ONE_AUTH_ERROR } from '../support/built-project.js';
import {
  ALGORITHMS,
  AUDIENCE,
  answerWithKeys,
  BAD_OWN_KEYS,
  bun,
  CLAIMS,
  deno,
  FAILED,
  GOOD,
  ISSUER,
  KEY_IDS,
  MARK,
  memo,
  OUTAGES,
  type Outcome,
  OWN_KEYS,
  openRuntimes,
  type Runtime,
  SECRET,
  TOKENS,
  WORKERS,
} from '../support/runtimes.js';

// Five runtimes to start, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000 });

const runtimes = await openRuntimes();
afterAll(runtimes.close);
const { answers, askWorker, origin, task } = runtimes;

const PROGRAMS: [runtime: string, runtime: () => Runtime][] = [
  ['Node', () => [process.execPath]],
  ['Bun', bun],
  ['Deno, allowed nothing but the network,', deno],
];
/** Each runtime runs the scenario once, when the first test asks. */
const RUNTIMES: [runtime: string, outcome: () => Promise<Outcome>, engine: string][] = [
  ...PROGRAMS.map(([name, runtime]): [string, () => Promise<Outcome>, string] => [
    name,
    memo(() => runtimes.runScenario(runtime())),
    'node:crypto',
  ]),
  ['workerd', memo(() => runtimes.runWorker('plain')), 'jose'],
  ['workerd with the globals of Node', memo(() => runtimes.runWorker('nodejs')), 'jose'],
];

it.each(RUNTIMES)(
  '%s signs a token that jose verifies, and that it verifies and decodes',
  async (_, outcome) => {
    const { signed, decoded, resigned } = (await outcome()).report;
    const key = new TextEncoder().encode(SECRET);
    const { payload, protectedHeader } = await jwtVerify(signed, key, { issuer: ISSUER, audience: AUDIENCE });
    expect(protectedHeader).toEqual({ alg: 'HS256', typ: 'JWT' });
    const { iat = 0 } = payload;
    expect(payload).toEqual({ ...CLAIMS, iat, exp: iat + 300 });
    expect(decoded).toEqual(payload);
    expect(resigned).toEqual({ valid: true, expired: false, payload });
  },
);

it.each(RUNTIMES)(
  '%s gives the right verdict on tokens of every algorithm, good and bad',
  async (_, outcome) => {
    const { verdicts } = (await outcome()).report;
    const message = expect.any(String);
    const expected = TOKENS.map(([name, , verdict]) => [
      name,
      verdict.valid ? verdict : { ...verdict, message },
    ]);
    expect(verdicts).toEqual(Object.fromEntries(expected));
  },
);

it.each(RUNTIMES)(
  '%s has its signatures made and checked by the right engine',
  async (_, outcome, engine) => {
    expect((await outcome()).report.status.engine).toBe(engine);
  },
);

it.each(RUNTIMES)(
  '%s signs with own keys in every form like every other runtime, and refuses bad keys alike',
  async (_, outcome) => {
    const { ownKeys } = (await outcome()).report;
    for (const [name, { algorithm }] of Object.entries(OWN_KEYS)) {
      const used = ownKeys[name];
      if (typeof used !== 'object') throw new Error(`${name}: ${used}`);
      const [key] = used.jwks.keys;
      const kid = await calculateJwkThumbprint(key as JWK);
      const { protectedHeader } = await jwtVerify(used.token, await importJWK(key as JWK));
      expect(protectedHeader).toEqual({ alg: algorithm, typ: 'JWT', kid });
      expect(used.result).toMatchObject({ valid: true, payload: { sub: 'user-1' } });
      expect(Object.keys(key ?? {}).filter((member) => 'dpqi'.includes(member.charAt(0)))).toEqual([]);
    }
    for (const [name, [, sentence]] of Object.entries(BAD_OWN_KEYS)) expect(ownKeys[name]).toBe(sentence);
  },
);

it.each(PROGRAMS)('%s has the same verdicts by node:crypto and by jose', async (_, runtime) => {
  const count = 28;
  const { tokens, differences } = await runtimes.runDifferential(runtime(), count);
  expect(differences).toEqual([]);
  expect(tokens).toBe(14 * count);
});

it.each(RUNTIMES)('%s finds itself healthy', async (_, outcome) => {
  const { ping, status } = (await outcome()).report;
  expect(ping).toBe(true);
  const jwks = { url: task.jwksUrl, state: 'fresh', keyIds: KEY_IDS, ignoredKeys: {} };
  expect(status).toMatchObject({ canSign: true, jwks });
  expect(status).not.toHaveProperty('pingFailure');
});

it.each(RUNTIMES)('%s has no verdict in an outage, and says why without the URL', async (_, outcome) => {
  const { outages } = (await outcome()).report;
  const expected = [['/gone', FAILED] as const, ...OUTAGES.map(([path, , why]) => [path, why] as const)].map(
    ([path, why]) => {
      const lastError = expect.stringMatching(why);
      return [path, { code: 'ERR_JWKS_UNAVAILABLE', ping: false, lastError, texts: expect.any(Array) }];
    },
  );
  expect(outages).toEqual(Object.fromEntries(expected));
  for (const { texts, lastError = '' } of Object.values(outages)) {
    expect(texts.join('\n')).toContain(lastError);
    expect(texts.filter((text) => text.includes(MARK))).toEqual([]);
  }
});

it.each(RUNTIMES.slice(0, PROGRAMS.length))(
  '%s has one AuthError, which every entry throws',
  async (_, outcome) => {
    expect((await outcome()).report.entries).toEqual(ONE_AUTH_ERROR);
  },
);

it.each(RUNTIMES.slice(0, PROGRAMS.length))(
  '%s warns once on stderr by default, and leaves stdout to the program',
  async (_, outcome) => {
    // The report is all that was on stdout, or it could not have been parsed.
    expect((await outcome()).stderr?.match(/WEAK_SECRET/g)).toEqual(['WEAK_SECRET']);
  },
);

it.each([
  ['plain', ['undefined', 'undefined']],
  ['nodejs', ['object', 'function']],
])(
  'The worker "%s" has a client from the start of its module, and of Node the globals %j',
  async (worker, globals) => {
    expect(await askWorker(worker, '/globals')).toEqual(globals);
    expect(await askWorker(worker, '/at-start-up')).toMatchObject({ valid: true });
    const published = { keys: [{ kty: 'EC', alg: 'ES256' }] };
    expect(await askWorker(worker, '/own-keys-at-start-up')).toMatchObject([published, { valid: true }]);
  },
);

it.each(WORKERS)(
  'The worker "%s" serves simultaneous requests by one client that has no keys yet',
  async (worker) => {
    const verdicts = await Promise.all(Array.from({ length: 5 }, () => askWorker(worker, '/shared')));
    expect(verdicts).toEqual(Array(5).fill(GOOD));
  },
);

it.each(WORKERS)(
  'The worker "%s" serves on when the request that fetched the keys is given up',
  async (worker) => {
    const path = `/given-up/${worker}`;
    const jwksUrl = `${origin}${path}`;
    const visitor = new AbortController();
    answers.set(path, () => {
      answers.set(path, answerWithKeys(ALGORITHMS));
      visitor.abort();
    });
    const givenUp = askWorker(worker, '/shared', { jwksUrl }, visitor.signal);
    await expect(givenUp).rejects.toMatchObject({ name: 'AbortError' });
    expect(await askWorker(worker, '/shared', { jwksUrl })).toMatchObject({ valid: true });
  },
);

it('A worker lets go of a removed key once the JWKS endpoint answers again', async () => {
  // The clock of a worker cannot be set, so the keys grow old within seconds.
  const changes = { jwksUrl: `${origin}/changing`, jwks: { cacheMaxAge: '1s', cooldown: '1s' } };
  const verify = () => askWorker<VerifyResult>('nodejs', '/shared', changes);
  const wait = { timeout: 20_000, interval: 100 };
  answers.set('/changing', answerWithKeys(['RS256', 'ES256']));
  expect(await verify()).toMatchObject({ valid: true });

  const refuse = vi.fn<RequestListener>((_, response) => response.writeHead(503).end());
  answers.set('/changing', refuse);
  await vi.waitFor(async () => {
    expect(await verify()).toMatchObject({ valid: true });
    expect(refuse).toHaveBeenCalled();
  }, wait);

  answers.set('/changing', answerWithKeys(['ES256']));
  await vi.waitFor(async () => expect(await verify()).toMatchObject({ valid: false, reason: 'key' }), wait);
});
