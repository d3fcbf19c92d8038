import { setImmediate } from 'node:timers/promises';
import { type AuthClient, createAuthClient, type JwksOptions, type JwksStatus } from 'intentkit-auth';
import { beforeEach, expect, onTestFinished, vi } from 'vitest';
import { loadKeyImport } from '../../src/signature/load-jose.js';
import { createSigner, type Signer, segment } from './mint.js';
import { outcome } from './outcome.js';

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The largest number that `Math.random` can return. */
export const ALMOST_ONE = 1 - 2 ** -53;

export const pinRandom = (value: number): void => void vi.spyOn(Math, 'random').mockReturnValue(value);

/** A signer with an RSA key, because RSA signatures are the fastest to verify. */
export const createRsaSigner = (kid: string): Signer => createSigner(kid, 'RS256');

let madeUp = 0;

/** A token with an unknown key id. Its signature is never checked. */
export const unknown = (kid = `made-up-${madeUp++}`): string => `${segment({ alg: 'RS256', kid })}.e30.AAAA`;

const START = Date.UTC(2026, 0, 1);

/** Stops all clocks and timeouts for the test. Promises, `setImmediate` and sockets still work. */
export function stopClocks(): void {
  vi.useFakeTimers({ toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout'], now: START });
  onTestFinished(() => void vi.useRealTimers());
}

/** Milliseconds on the monotonic clock. */
export const now = (): number => performance.now();

/** Replaces the answer of an endpoint in memory. It may throw, as `fetch` does. */
export type MemoryFault = (signal: AbortSignal) => Response | Promise<Response>;

export const status =
  (code: number, headers: Record<string, string> = {}): MemoryFault =>
  () =>
    new Response('', { status: code, headers });

/** Answers 200 with these keys. It returns an object with only the used parts of a `Response`, which is faster to create. */
export const jwksOf = (...keys: readonly unknown[]): MemoryFault => {
  const bytes = new TextEncoder().encode(JSON.stringify({ keys }));
  return () => {
    const chunks = [bytes];
    const reader = {
      read: async () => ({ value: chunks.shift(), done: chunks.length === 0 && reader.isDone() }),
      isDone: () => reader.reads++ > 0,
      reads: 0,
      cancel: async () => {},
    };
    return Object.assign(Object.create(null), { status: 200, body: { getReader: () => reader } });
  };
};

/** Fails as Node's `fetch` does, with the code on the cause. */
export const failsWith =
  (code: string): MemoryFault =>
  () => {
    throw Object.assign(new TypeError('fetch failed'), { cause: { code } });
  };

/** Never answers. It rejects when the client aborts the request. */
export const silent: MemoryFault = (signal) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));

/** The failures that are known from real endpoints. */
export const FAULTS: Readonly<Record<string, MemoryFault>> = {
  'refuses connections': failsWith('ECONNREFUSED'),
  'resets connections': failsWith('ECONNRESET'),
  'has an unknown host name': failsWith('ENOTFOUND'),
  'never answers': silent,
  'answers 503': status(503),
  'answers 429 with a "Retry-After" of a minute': status(429, { 'retry-after': '60' }),
  'answers 500': status(500),
  redirects: status(302, { location: 'https://elsewhere.example/' }),
  'answers with an HTML page': () => new Response('<!doctype html>'),
  'answers with an empty set': jwksOf(),
  'answers with keys that cannot verify': jwksOf({ kty: 'oct', k: 'AAAA' }, null),
};

/** The part of a signer that an endpoint publishes. */
export type Published = Pick<Signer, 'kid' | 'jwk'>;

/** One request to an endpoint in memory. Times are on the monotonic clock. */
export interface SeenRequest {
  readonly began: number;
  readonly connection: string | null;
  readonly fault: MemoryFault | undefined;
  /** When the client received the answer, and the key ids in it. Absent while the client waits. */
  ended?: number;
  keyIds?: readonly unknown[] | 'failure';
}

/** An identity provider in memory. It answers after `latency`, with the keys that it had when the request arrived. */
export class MemoryProvider {
  readonly requests: SeenRequest[] = [];
  latency = 0;
  fault: MemoryFault | undefined;
  #keys: readonly Published[] = [];

  get inFlight(): number {
    return this.requests.filter(({ ended }) => ended === undefined).length;
  }

  get keyIds(): readonly string[] {
    return this.#keys.map(({ kid }) => kid);
  }

  publish(...keys: readonly Published[]): void {
    this.#keys = keys;
  }

  /** The maximum number of requests within any period of this length. */
  peak(milliseconds: number): number {
    const times = this.requests.map(({ began }) => began);
    return Math.max(
      0,
      ...times.map((from) => times.filter((t) => t >= from && t < from + milliseconds).length),
    );
  }

  readonly fetch: typeof globalThis.fetch = async (_, init) => {
    const { fault, latency } = this;
    const connection = new Headers(init?.headers).get('connection');
    const request: SeenRequest = { began: now(), connection, fault };
    this.requests.push(request);
    const keyIds = fault ? 'failure' : this.keyIds;
    const answer = fault ?? jwksOf(...this.#keys.map(({ jwk }) => jwk));
    const signal = init?.signal ?? new AbortController().signal;
    const end = (): void => {
      if (request.ended === undefined) Object.assign(request, { ended: now(), keyIds });
    };
    signal.addEventListener('abort', () => {
      request.keyIds ??= 'failure';
      request.ended ??= now();
    });
    if (latency > 0) await new Promise<void>((resolve) => setTimeout(resolve, latency));
    try {
      return await answer(signal);
    } finally {
      end();
    }
  };
}

export interface Simulation {
  readonly provider: MemoryProvider;
  readonly client: AuthClient;
  /** The warnings, each with its code and message. */
  readonly warnings: string[];
  /** Verifies tokens concurrently and returns their outcomes. */
  outcomes(...tokens: readonly string[]): Promise<string[]>;
  outcome(token: string): Promise<string>;
  /** Returns the error that `verify` rejects with. */
  errorOf(token: string): Promise<unknown>;
  ping(): Promise<boolean>;
  status(): JwksStatus;
  /** The number of requests to the provider. */
  requests(): number;
}

/** Creates a client and its provider. `from` is the provider, or the keys of a new one. */
export function simulate(
  jwks: JwksOptions = {},
  from: MemoryProvider | readonly Published[] = [],
  handler: () => unknown = () => {},
): Simulation {
  const provider = from instanceof MemoryProvider ? from : new MemoryProvider();
  if (!(from instanceof MemoryProvider)) provider.publish(...from);
  const warnings: string[] = [];
  const client = createAuthClient({
    jwksUrl: 'https://idp.example/jwks?code=hush-hush',
    jwks: { fetch: provider.fetch, ...jwks },
    onWarning: (message, code) => {
      warnings.push(`${code} ${message}`);
      return handler();
    },
  });
  return {
    provider,
    client,
    warnings,
    outcome: (token) => outcome(client, token),
    outcomes: (...tokens) => Promise.all(tokens.map((token) => outcome(client, token))),
    errorOf: (token) => client.verify(token).catch((error) => error),
    ping: () => client.ping(),
    requests: () => provider.requests.length,
    status() {
      const { jwks: found } = client.status();
      if (!found) throw new Error('the client has no JWKS');
      return found;
    },
  };
}

/** Prepares every test of a file for a simulation: stops the clocks and keeps all work in memory. */
export function simulateEachTest(): void {
  beforeEach(async () => {
    stopClocks();
    await keepInMemory();
  });
}

/** Moves the clocks to this many milliseconds after the start of the test. */
export const at = (time: number): Promise<void> => pass(time - now());

/**
 * Avoids work outside the event loop, so that a test can move the clock once all promises have settled. It loads jose, and
 * caches imported keys, because importing a key uses another thread.
 */
export async function keepInMemory(): Promise<void> {
  await loadKeyImport();
  const imported = new Map<string, ReturnType<SubtleCrypto['importKey']>>();
  const { subtle } = crypto;
  const importKey = subtle.importKey.bind(subtle) as (...args: readonly unknown[]) => Promise<CryptoKey>;
  vi.spyOn(subtle, 'importKey').mockImplementation((...args: readonly unknown[]) => {
    const name = JSON.stringify(args);
    const known = imported.get(name) ?? importKey(...args);
    imported.set(name, known);
    return known;
  });
}

/** Starts watching for unhandled rejections. The returned function fails the test if there were any. */
export function watchRejections(): () => Promise<void> {
  const unhandled = vi.fn();
  process.on('unhandledRejection', unhandled);
  onTestFinished(() => void process.off('unhandledRejection', unhandled));
  return async () => {
    await flush();
    expect(unhandled).not.toHaveBeenCalled();
  };
}

/** Waits until all work is done that does not depend on a clock. */
export async function flush(): Promise<void> {
  await setImmediate();
}

/** Advances the stopped clocks, in steps, so that the code that a timer runs can set another timer. */
export async function pass(milliseconds: number, step = milliseconds): Promise<void> {
  await flush();
  for (let left = milliseconds; left > 0; left -= step) {
    vi.advanceTimersByTime(Math.min(left, step));
    await flush();
  }
}
