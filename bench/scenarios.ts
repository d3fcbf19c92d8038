import { type JwksServer, startJwksServer } from '../test/support/jwks-server.js';
import { compare, type Effort, type Timings } from './compare.js';
import {
  accepts,
  decoders,
  hmacSigners,
  hmacVerifiers,
  jwksVerifiers,
  OURS,
  type Package,
  type Verifiers,
} from './contenders.js';
import {
  BAD_TOKENS,
  claimsOf,
  goodToken,
  hmacIssuer,
  type Issuer,
  keySetOf,
  oversizedToken,
  publicKeyIssuer,
  SMALL,
  unknownKeyToken,
} from './tokens.js';

/** One thing to do, measured for all who can do it. */
export interface Scenario {
  readonly operation: 'sign' | 'verify' | 'decode';
  /** Absent for decoding, where it makes no difference. */
  readonly algorithm?: Issuer['algorithm'];
  /** Of the token before its signature. */
  readonly kilobytes: number;
  /** How many calls are under way at once. */
  readonly concurrency: number;
  /** How many keys the JWKS has, where there is one. */
  readonly keys?: number;
  readonly timings: Timings;
}

/** What one library takes to accept a token (`good`) and to refuse bad ones. */
export interface Refusals {
  readonly library: string;
  readonly algorithm: Issuer['algorithm'];
  /** By the kind of token. */
  readonly timings: Timings;
  /** Bad tokens that the library accepts. */
  readonly accepted: readonly string[];
}

/** What our verify takes, by the amount of what grows. */
export interface Growth {
  readonly byKeys: Timings;
  /** The first verify of a new client: with the fetch, over HTTP on this machine. */
  readonly byKeysFirst: Timings;
  readonly byKilobytes: Timings;
}

/** The caller is told of each result, as the whole takes minutes. */
export type Observer = (scenario: Scenario) => void;

const SIZES = [SMALL, 2, 16];
const CONCURRENCIES = [1, 64];
const KEY_COUNTS = [1, 10, 1000];
const ASYMMETRIC = ['RS256', 'ES256', 'EdDSA'] as const;

/** `oneAtATime`: only scenarios that differ from the simplest in one thing. */
export async function measureScenarios(
  ours: Package,
  effort: Effort,
  oneAtATime: boolean,
  done: Observer,
): Promise<Scenario[]> {
  const scenarios: Scenario[] = [];
  const measure = async (
    scenario: Omit<Scenario, 'timings'>,
    contenders: Readonly<Record<string, () => unknown>>,
  ): Promise<void> => {
    const measured = { ...scenario, timings: await compare(contenders, effort, scenario.concurrency) };
    scenarios.push(measured);
    done(measured);
  };

  const hmac = hmacIssuer();
  const verifiers = await hmacVerifiers(ours, hmac);
  await expectVerdicts(verifiers, hmac);
  // What is measured first would otherwise be measured while its code is still being compiled.
  const warmUp = { rounds: 1, turnMs: 1, warmUpMs: 150 };
  await compare(await hmacSigners(ours, hmac, claimsOf(SMALL)), warmUp);
  await compare(withToken(verifiers, goodToken(hmac, SMALL)), warmUp);

  for (const concurrency of CONCURRENCIES) {
    for (const kilobytes of SIZES) {
      if (oneAtATime && concurrency > 1 && kilobytes > SMALL) continue;
      const signers = await hmacSigners(ours, hmac, claimsOf(kilobytes));
      await expectSigned(signers, verifiers);
      await measure({ operation: 'sign', algorithm: 'HS256', kilobytes, concurrency }, signers);
    }
  }
  for (const concurrency of CONCURRENCIES) {
    for (const kilobytes of SIZES) {
      if (oneAtATime && concurrency > 1 && kilobytes > SMALL) continue;
      const scenario = { operation: 'verify', algorithm: 'HS256', kilobytes, concurrency } as const;
      await measure(scenario, withToken(verifiers, goodToken(hmac, kilobytes)));
    }
  }

  for (const algorithm of ASYMMETRIC) {
    const issuer = publicKeyIssuer(algorithm);
    for (const keys of KEY_COUNTS) {
      const { verifiers, close } = await jwksVerifiers(ours, issuer, keys);
      try {
        await expectVerdicts(verifiers, issuer);
        for (const concurrency of CONCURRENCIES) {
          for (const kilobytes of SIZES) {
            // The number of keys is always varied alone.
            if (keys > 1 && (concurrency > 1 || kilobytes > SMALL)) continue;
            if (oneAtATime && concurrency > 1 && kilobytes > SMALL) continue;
            const scenario = { operation: 'verify', algorithm, kilobytes, concurrency, keys } as const;
            await measure(scenario, withToken(verifiers, goodToken(issuer, kilobytes)));
          }
        }
      } finally {
        await close();
      }
    }
  }

  for (const kilobytes of SIZES) {
    const scenario = { operation: 'decode', kilobytes, concurrency: 1 } as const;
    await measure(scenario, withToken(decoders(ours, hmac), goodToken(hmac, kilobytes)));
  }
  return scenarios;
}

/** By HS256, where accepting costs least, and by ES256 with a JWKS. */
export async function measureRefusals(ours: Package, effort: Effort): Promise<Refusals[]> {
  const refusals: Refusals[] = [];
  const measure = async (verifiers: Verifiers, issuer: Issuer, tokens: Record<string, string>) => {
    for (const [library, verify] of Object.entries(verifiers)) {
      if (!['jose', 'fast-jwt', 'jsonwebtoken', OURS].includes(library)) continue;
      const accepted: string[] = [];
      const calls: Record<string, () => unknown> = {};
      for (const [kind, token] of Object.entries(tokens)) {
        if (kind !== 'good' && (await accepts(verify, token))) accepted.push(kind);
        else calls[kind] = quietly(verify, token);
      }
      const timings = await compare(calls, effort);
      refusals.push({ library, algorithm: issuer.algorithm, timings, accepted });
    }
  };

  const hmac = hmacIssuer();
  await measure(await hmacVerifiers(ours, hmac), hmac, {
    ...goodAndBad(hmac),
    '10 MB': oversizedToken(hmac),
  });
  const ec = publicKeyIssuer('ES256');
  const { verifiers, close } = await jwksVerifiers(ours, ec, 10);
  try {
    await measure(verifiers, ec, { ...goodAndBad(ec), 'unknown key': unknownKeyToken(ec) });
  } finally {
    await close();
  }
  return refusals;
}

export async function measureGrowth(ours: Package, effort: Effort): Promise<Growth> {
  const ec = publicKeyIssuer('ES256');
  const ecToken = goodToken(ec, SMALL);
  const byKeys: Record<string, () => unknown> = {};
  const byKeysFirst: Record<string, () => unknown> = {};
  const servers: JwksServer[] = [];
  try {
    for (const count of [1, 10, 100, 1000]) {
      const server = await startJwksServer(keySetOf(ec, count));
      servers.push(server);
      const client = ours.createAuthClient({ jwksUrl: server.url });
      await client.verify(ecToken);
      byKeys[count] = () => client.verify(ecToken);
      byKeysFirst[count] = () => ours.createAuthClient({ jwksUrl: server.url }).verify(ecToken);
    }
    const hmac = hmacIssuer();
    const client = ours.createAuthClient({ secret: hmac.secret });
    const byKilobytes: Record<string, () => unknown> = {};
    for (const kilobytes of [SMALL, 1, 2, 4, 8, 16, 32, 60]) {
      const token = goodToken(hmac, kilobytes);
      byKilobytes[kilobytes] = () => client.verify(token);
    }
    return {
      byKeys: await compare(byKeys, effort),
      byKeysFirst: await compare(byKeysFirst, effort),
      byKilobytes: await compare(byKilobytes, effort),
    };
  } finally {
    for (const server of servers) await server.close();
  }
}

const goodAndBad = (issuer: Issuer): Record<string, string> => ({
  good: goodToken(issuer, SMALL),
  ...Object.fromEntries(Object.entries(BAD_TOKENS).map(([kind, make]) => [kind, make(issuer)])),
});

function withToken(verifiers: Verifiers, token: string): Record<string, () => unknown> {
  return Object.fromEntries(Object.entries(verifiers).map(([name, verify]) => [name, () => verify(token)]));
}

/** A refusal costs what it costs to catch it. */
function quietly(verify: (token: string) => unknown, token: string): () => unknown {
  return () => {
    try {
      const verdict = verify(token);
      return verdict instanceof Promise ? verdict.catch(() => {}) : verdict;
    } catch {
      return undefined;
    }
  };
}

async function expectSigned(
  signers: Readonly<Record<string, () => unknown>>,
  verifiers: Verifiers,
): Promise<void> {
  for (const [signer, sign] of Object.entries(signers)) {
    const token = String(await sign());
    for (const [name, verify] of Object.entries(verifiers)) {
      if (!(await accepts(verify, token))) throw new Error(`${name} refuses what ${signer} signs.`);
    }
  }
}

/** That all contenders do the whole work: a faster one that checks less would compare nothing. */
async function expectVerdicts(verifiers: Verifiers, issuer: Issuer): Promise<void> {
  for (const [name, verify] of Object.entries(verifiers)) {
    if (!(await accepts(verify, goodToken(issuer, SMALL)))) throw new Error(`${name} refuses a good token.`);
    for (const [kind, make] of Object.entries(BAD_TOKENS)) {
      if (await accepts(verify, make(issuer))) throw new Error(`${name} accepts a token: ${kind}.`);
    }
  }
}
