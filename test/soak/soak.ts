/**
 * A million mixed tokens, good and bad, against clients whose identity provider fails, recovers and rotates its
 * keys all the while. Every verdict is compared with the one that the state of the provider dictates.
 *
 *     npm run soak            # a million tokens
 *     npm run soak 100000     # or as many as that
 *
 * The clock that the clients see is moved by the traffic, so that minutes of running are days of theirs: keys
 * grow old and are refreshed, back-offs pass, outages outlast `staleIfError`. Sockets and timers are real, and
 * the provider is another process.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AuthClient, AuthError, createAuthClient, type VerifyResult } from 'intentkit-auth';
import { answer, closedInBody, type Fault, large, reset } from '../support/faulty-jwks-server.js';
import { startJwksServer } from '../support/jwks-server.js';
import { generateKeys, type Keys, mint, segment } from '../support/mint.js';

const CONCURRENCY = 64;
const PHASE_TOKENS = 1000;
/** How far each token moves the clock: a phase takes five minutes. */
const TICK_MS = 300;
const HEAP_SAMPLES = 24;
/** Room for what the compiler adds; a leak of a dozen bytes a token would show in a million. */
const MAX_HEAP_GROWTH = 8 * 2 ** 20;

// ---------------------------------------------------------------------------------------------- the provider

const FAULTS: Readonly<Record<string, Fault>> = {
  'status 500': answer(500),
  reset,
  'half a body': closedInBody,
  HTML: answer(200, { 'content-type': 'text/html' }, '<!doctype html><title>Sign in</title>'),
  'a redirect': answer(302, { location: '/elsewhere' }),
  'no keys': answer(200, {}, '{}'),
  'a large body': large(8 * 1024 * 1024),
};

interface Order {
  keys?: object[];
  /** A name in `FAULTS`; `null` is for an endpoint that works. */
  fault?: string | null;
}

async function runProvider(): Promise<void> {
  const server = await startJwksServer();
  process.on('message', ({ keys, fault }: Order) => {
    if (keys) server.setKeys(keys);
    if (fault !== undefined) server.handler = fault === null ? undefined : FAULTS[fault];
    process.send?.({ requests: server.requests });
  });
  process.once('disconnect', () => void server.close());
  process.send?.({ url: server.url });
}

async function startProvider() {
  const child = fork(new URL(import.meta.url), ['provider'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const [{ url }] = (await once(child, 'message')) as [{ url: string }];
  return {
    url,
    /** Resolves, to the number of requests so far, when the next request will be answered in the new way. */
    async order(order: Order): Promise<number> {
      const reply = once(child, 'message');
      child.send(order);
      const [{ requests }] = (await reply) as [{ requests: number }];
      return requests;
    },
    stop: () => child.disconnect(),
  };
}

// ------------------------------------------------------------------------------------------------ the tokens

/** What stands in the place of a verdict where there is none. */
const UNAVAILABLE = 'ERR_JWKS_UNAVAILABLE';
const NEVER = 4_102_444_800;
const AUDIENCE = 'https://api.example';
const SECRETS = ['new', 'old'].map((name) => name.padEnd(64, '.'));

interface Signer extends Keys {
  readonly alg: string;
  readonly kid: string;
}

/** The keys take turns; each is the current one, the one before, and then retired until its turn comes again. */
const signers: readonly Signer[] = [
  'ES256',
  'RS256',
  'EdDSA',
  'ES256',
  'PS256',
  'ES384',
  'RS256',
  'ES256',
].map((alg, index) => ({ alg, kid: `key-${index}`, ...generateKeys(alg, `key-${index}`) }));

/** What the world may look like while a token is verified. More than one of each where it is just changing. */
interface World {
  readonly published: readonly (readonly Signer[])[];
  readonly endpoint: readonly ('up' | 'down')[];
  /** Whether the outage has outlasted the keys. */
  readonly outlasted: boolean;
}

interface Sample {
  readonly kind: string;
  readonly token: unknown;
  readonly sub?: string;
  /** By the secret, by the JWKS, by a client of both. */
  expected(client: 'secret' | 'jwks' | 'both', world: World): readonly string[];
}

const claims = (sub: string) => ({ sub, aud: AUDIENCE, exp: NEVER });

/** A token whose verdict is this one as soon as its key is found. */
const bySigner = (
  kind: string,
  { alg, kid }: { alg: string; kid: string },
  token: string,
  verdict: string,
  sub: string,
): Sample => ({
  kind,
  token,
  sub,
  expected(client, { published, endpoint, outlasted }) {
    if (client === 'secret') return ['algorithm'];
    if (outlasted) return [UNAVAILABLE];
    return published.flatMap((set) => {
      const sameId = set.filter((signer) => signer.kid === kid);
      if (sameId.some((signer) => family(signer.alg) === family(alg))) return [verdict];
      if (sameId.length > 0) return ['key'];
      return endpoint.map((state) => (state === 'up' ? 'key' : UNAVAILABLE));
    });
  },
});

/** A good token that names no key: each key for its algorithm is tried. */
const withoutKid = ({ alg, jwk, privateKey }: Signer, sub: string): Sample => ({
  kind: 'without key id',
  token: mint({ header: { alg }, payload: claims(sub), key: privateKey }),
  sub,
  expected(client, { published, endpoint, outlasted }) {
    if (client === 'secret') return ['algorithm'];
    if (outlasted) return [UNAVAILABLE];
    return published.flatMap((set) => {
      if (set.some((signer) => signer.jwk === jwk)) return ['valid'];
      if (set.some((signer) => family(signer.alg) === family(alg))) return ['signature'];
      return endpoint.map((state) => (state === 'up' ? 'key' : UNAVAILABLE));
    });
  },
});

/** A key serves RS256 and PS256 alike, as none of ours says which. */
const family = (alg: string): string => alg.replace(/^[RP]S/, 'RSA');

const always = (kind: string, token: unknown, verdict: string): Sample => ({
  kind,
  token,
  expected: () => [verdict],
});

const byHmac = (kind: string, token: string, verdict: string, sub?: string): Sample => ({
  kind,
  token,
  ...(sub !== undefined && { sub }),
  expected: (client) => [client === 'jwks' ? 'algorithm' : verdict],
});

function samplesOf(signer: Signer, index: number): Sample[] {
  const { alg, kid, privateKey } = signer;
  const header = { alg, kid };
  const impostor = generateKeys(alg).privateKey;
  const signed = (kind: string, sub: string, payload: object, verdict: string): Sample =>
    bySigner(kind, header, mint({ header, payload, key: privateKey }), verdict, sub);
  const good = mint({ header, payload: claims('tampered'), key: privateKey });
  const [head, , tail] = good.split('.');
  const otherAlg = alg === 'EdDSA' ? 'ES256' : 'EdDSA';
  return [
    ...Array.from({ length: 8 }, (_, n) =>
      signed('good', `user-${index}-${n}`, claims(`user-${index}-${n}`), 'valid'),
    ),
    withoutKid(signer, `nameless-${index}`),
    signed('expired', 'late', { ...claims('late'), exp: 1 }, 'expired'),
    signed('not yet valid', 'early', { ...claims('early'), nbf: NEVER }, 'not_yet_valid'),
    signed('for another audience', 'stray', { ...claims('stray'), aud: 'https://other.example' }, 'audience'),
    signed('for no audience', 'lost', { sub: 'lost', exp: NEVER }, 'audience'),
    signed('claim of a wrong type', 'odd', { ...claims('odd'), nbf: 'soon' }, 'claim'),
    bySigner(
      'forged',
      header,
      mint({ header, payload: claims('mallory'), key: impostor }),
      'signature',
      'mallory',
    ),
    bySigner('tampered', header, `${head}.${segment(claims('mallory'))}.${tail}`, 'signature', 'mallory'),
    bySigner(
      'other algorithm',
      { alg: otherAlg, kid },
      mint({ header: { alg: otherAlg, kid }, payload: claims('m'), key: generateKeys(otherAlg).privateKey }),
      'signature',
      'm',
    ),
  ];
}

const hmac = (payload: object, secret: string, alg = 'HS256') =>
  mint({ header: { alg }, payload, key: secret });
const [newSecret = '', oldSecret = ''] = SECRETS;

const samples: readonly Sample[] = [
  ...signers.flatMap(samplesOf),
  ...Array.from({ length: 24 }, (_, n) =>
    byHmac('good by secret', hmac(claims(`own-${n}`), newSecret), 'valid', `own-${n}`),
  ),
  byHmac('good by old secret', hmac(claims('own-old'), oldSecret), 'valid', 'own-old'),
  byHmac('expired by secret', hmac({ ...claims('own'), exp: 1 }, newSecret), 'expired', 'own'),
  byHmac('forged by secret', hmac(claims('mallory'), 'guess'.padEnd(64, '.')), 'signature'),
  ...signers.map(({ publicKey }) =>
    byHmac(
      'public key as secret',
      hmac(claims('mallory'), publicKey.export({ type: 'spki', format: 'pem' }) as string),
      'signature',
    ),
  ),
  always('other HMAC', hmac(claims('mallory'), newSecret, 'HS512'), 'algorithm'),
  always('alg none', `${segment({ alg: 'none' })}.${segment(claims('mallory'))}.AAAA`, 'algorithm'),
  ...['', 'a.b', 'a.b.c', '....', 'x'.repeat(70_000), undefined, null, 7, {}, []].map((token) =>
    always('malformed', token, 'malformed'),
  ),
];

let made = 0;

/** A key id that nobody has ever seen. */
function randomKid(): Sample {
  const header = { alg: 'ES256', kid: `random-${++made}` };
  return bySigner('random kid', header, `${segment(header)}.e30.AAAA`, 'signature', '');
}

// --------------------------------------------------------------------------------------------------- the run

interface Tally {
  verdicts: Map<string, number>;
  wrong: string[];
  warnings: Map<string, number>;
  rejections: string[];
}

const count = (tally: Map<string, number>, name: string): void =>
  void tally.set(name, (tally.get(name) ?? 0) + 1);

/** What is wrong with a verdict, or `undefined`. */
function fault(
  result: VerifyResult | string,
  allowed: readonly string[],
  sub: string | undefined,
): string | undefined {
  const verdict = typeof result === 'string' ? result : (result.reason ?? 'valid');
  if (!allowed.includes(verdict)) return `${verdict} instead of ${[...new Set(allowed)].join(' or ')}`;
  if (typeof result === 'string') return undefined;
  if (result.valid !== (result.reason === undefined)) return 'valid with a reason';
  if (result.expired !== (result.reason === 'expired')) return '"expired" without expiry';
  const authentic = !['malformed', 'algorithm', 'key', 'signature'].includes(verdict);
  if (authentic ? result.payload.sub !== sub : Object.keys(result.payload).length > 0)
    return `${verdict} with the wrong payload`;
  return undefined;
}

async function run(total: number): Promise<boolean> {
  const tally: Tally = { verdicts: new Map(), wrong: [], warnings: new Map(), rejections: [] };
  process.on('unhandledRejection', (reason) => tally.rejections.push(String(reason)));

  let now = Date.UTC(2026, 0, 1);
  const begin = now;
  Date.now = () => now;

  const provider = await startProvider();
  const onWarning = (_: string, code: string): void => count(tally.warnings, code);
  const secret = SECRETS;
  const jwksUrl = provider.url;
  const clients = {
    secret: createAuthClient({ secret, audience: AUDIENCE, onWarning }),
    jwks: createAuthClient({ jwksUrl, audience: AUDIENCE, onWarning, jwks: { timeout: '10s' } }),
    both: createAuthClient({ secret, jwksUrl, audience: AUDIENCE, onWarning, jwks: { timeout: '10s' } }),
  } satisfies Record<string, AuthClient>;
  // Most by the JWKS, where things happen.
  const names = ['jwks', 'both', 'secret', 'jwks', 'both'] as const;
  const ofJwks = [clients.jwks, clients.both];

  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const heap: number[] = [];
  const delay = monitorEventLoopDelay({ resolution: 1 });
  let done = 0;

  async function verifyOne(world: World): Promise<void> {
    done += 1;
    now += TICK_MS;
    const name = names[done % names.length] ?? 'jwks';
    const sample =
      Math.random() < 0.1 ? randomKid() : (samples[Math.floor(Math.random() * samples.length)] as Sample);
    const allowed = sample.expected(name, world);
    const result = await clients[name]
      .verify(sample.token as string)
      .catch((error: unknown) => (error instanceof AuthError ? error.code : `thrown: ${error}`));
    count(tally.verdicts, typeof result === 'string' ? result : (result.reason ?? 'valid'));
    const problem = fault(result, allowed, sample.sub);
    if (problem)
      tally.wrong.push(`${sample.kind} at ${name}, ${JSON.stringify(describe(world))}: ${problem}`);
  }

  /** Traffic, with something that happens in the middle of it. */
  async function phase(world: World, meanwhile?: () => Promise<unknown>): Promise<void> {
    let left = Math.min(PHASE_TOKENS, total - done);
    let happening: Promise<unknown> | undefined;
    await Promise.all(
      Array.from({ length: CONCURRENCY }, async () => {
        while (left > 0) {
          left -= 1;
          if (left < PHASE_TOKENS / 2) happening ??= meanwhile?.();
          await verifyOne(world);
          // As requests come in: each in its own turn of the event loop.
          await setImmediate();
        }
      }),
    );
    await happening;
    // Seldom, so that these pauses stay out of the 99th percentile.
    if (done < (heap.length * total) / HEAP_SAMPLES) return;
    // Twice: what the first one finalizes, the second one frees.
    gc();
    await setImmediate();
    gc();
    heap.push(process.memoryUsage().heapUsed);
  }

  /** Makes every client take note of the state of the endpoint. */
  async function settle(expected: boolean): Promise<void> {
    for (const client of ofJwks) {
      if ((await client.ping()) !== expected)
        tally.wrong.push(`ping was ${!expected} on an endpoint that is ${expected ? 'up' : 'down'}`);
    }
  }

  let turn = signers.length;
  const at = (index: number): Signer => signers[index % signers.length] as Signer;
  const published = (): Signer[] => [at(turn), at(turn - 1)];
  const keys = (): object[] => published().map(({ jwk }) => jwk);
  const faults = Object.keys(FAULTS);
  let rotations = 0;
  let outages = 0;
  const rotate = () => {
    rotations += 1;
    turn += 1;
  };

  await provider.order({ keys: keys() });
  await settle(true);
  const started = performance.now();
  delay.enable();
  for (let cycle = 0; done < total; cycle += 1) {
    await phase({ published: [published()], endpoint: ['up'], outlasted: false });

    // The keys are rotated under traffic.
    let before = published();
    rotate();
    await phase({ published: [before, published()], endpoint: ['up'], outlasted: false }, () =>
      provider.order({ keys: keys() }),
    );
    await settle(true);
    await phase({ published: [published()], endpoint: ['up'], outlasted: false });

    // The endpoint begins to fail under traffic, and goes on failing.
    outages += 1;
    const kind = faults[cycle % faults.length] ?? null;
    await phase({ published: [published()], endpoint: ['up', 'down'], outlasted: false }, () =>
      provider.order({ fault: kind }),
    );
    await settle(false);
    await phase({ published: [published()], endpoint: ['down'], outlasted: false });

    before = published();
    if (cycle % 3 === 1) {
      // Until the last good keys are too old.
      now += 60 * 60_000;
      await phase({ published: [published()], endpoint: ['down'], outlasted: true });
      rotate();
      await provider.order({ fault: null, keys: keys() });
    } else {
      // It recovers under traffic, with other keys than before.
      rotate();
      await phase({ published: [before, published()], endpoint: ['up', 'down'], outlasted: false }, () =>
        provider.order({ fault: null, keys: keys() }),
      );
    }
    await settle(true);
  }
  delay.disable();
  const seconds = (performance.now() - started) / 1000;
  const requests = await provider.order({});
  provider.stop();
  // A rejection that nobody listens to is reported after the microtasks of its turn.
  await setImmediate();

  for (const code of ['JWKS_FAILING', 'JWKS_RECOVERED']) {
    const given = tally.warnings.get(code) ?? 0;
    if (given !== outages * ofJwks.length)
      tally.wrong.push(`${given} warnings ${code} for ${outages} outages at ${ofJwks.length} clients`);
  }

  const quarter = Math.max(1, Math.floor(heap.length / 4));
  const [first, last] = [median(heap.slice(0, quarter)), median(heap.slice(-quarter))];
  if (last - first > MAX_HEAP_GROWTH) tally.wrong.push(`the heap grew by ${mebibytes(last - first)}`);
  const milliseconds = (nanoseconds: number): string => `${(nanoseconds / 1e6).toFixed(1)} ms`;
  const table = (entries: Iterable<[string, number]>): string =>
    [...entries]
      .sort(([, a], [, b]) => b - a)
      .map(([name, times]) => `${name} ${times}`)
      .join(', ');
  process.stdout.write(
    `${[
      `tokens             ${done} in ${seconds.toFixed(1)} s (${Math.round(done / seconds)} a second) at concurrency ${CONCURRENCY}`,
      `the clients' clock ${((now - begin) / 3_600_000).toFixed(1)} h`,
      `verdicts           ${table(tally.verdicts)}`,
      `random key ids     ${made}`,
      `rotations          ${rotations}`,
      `outages            ${outages}`,
      `requests for keys  ${requests}`,
      `warnings           ${table(tally.warnings)}`,
      `heap after gc      ${mebibytes(first)} in the first quarter, ${mebibytes(last)} in the last (medians)`,
      `event loop delay   p50 ${milliseconds(delay.percentile(50))}, p99 ${milliseconds(delay.percentile(99))}, most ${milliseconds(delay.max)}`,
      `unhandled          ${tally.rejections.length}`,
      `wrong              ${tally.wrong.length}`,
      ...[...tally.rejections, ...tally.wrong].slice(0, 20).map((line) => `  ${line}`),
    ].join('\n')}\n`,
  );
  return tally.wrong.length === 0 && tally.rejections.length === 0;
}

const describe = ({ published, endpoint, outlasted }: World) => ({
  published: published.map((set) => set.map(({ kid }) => kid)),
  endpoint,
  outlasted,
});

const median = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

if (process.argv[2] === 'provider') {
  await runProvider();
} else {
  const total = Number(process.argv[2] ?? process.env.SOAK_TOKENS ?? 1_000_000);
  if (!Number.isSafeInteger(total) || total < 1) throw new Error('usage: soak [number of tokens]');
  process.exitCode = (await run(total)) ? 0 : 1;
}
