import { withOtherSlash } from '../src/shared/url.js';
import type { TestFault } from './options.js';

/** What a request is answered. `hang`: nothing, for ever. `reset`: the end of the connection. */
export type Answer = 'hang' | 'reset' | HttpAnswer;

/** An answer over HTTP. */
export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the connection ends before the whole body has come. */
  readonly breaksOff?: boolean;
}

/** The good answer, which a fault makes worse. */
export interface Served {
  readonly kind: 'keys' | 'discovery';
  readonly path: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** A document as JSON. */
export const json = (document: object): HttpAnswer => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(document),
});

const status = (code: number, headers = {}) => {
  return (): Answer => ({ status: code, headers, body: `${code}` });
};

/** A modulus of 1024 bits, which is too short. */
const SHORT_MODULUS = `${'w'.repeat(170)}w`;

/** Each fault, by its name. */
const FAULTS: Readonly<Record<TestFault, (served: Served) => Answer>> = {
  '404': status(404),
  '429': status(429, { 'retry-after': '2' }),
  '500': status(500),
  '503': status(503),
  hang: () => 'hang',
  reset: () => 'reset',
  truncated: (served) => ({ ...json(served.document), breaksOff: true }),
  empty: (served) => json(served.kind === 'keys' ? { keys: [] } : served.document),
  weak: (served) =>
    json(
      served.kind === 'keys'
        ? { keys: [{ kty: 'RSA', kid: 'weak', use: 'sig', n: SHORT_MODULUS, e: 'AQAB' }] }
        : served.document,
    ),
  html: () => ({
    status: 200,
    headers: { 'content-type': 'text/html' },
    body: '<!doctype html><title>Sign in</title>',
  }),
  redirect: ({ path }) => ({
    status: 302,
    headers: { location: `${path}?${REDIRECTED}` },
    body: '',
  }),
  'too-large': ({ document }) => json({ ...document, padding: '.'.repeat(2 ** 20) }),
  'wrong-issuer': ({ kind, document }) =>
    json(kind === 'discovery' ? { ...document, issuer: withOtherSlash(String(document.issuer)) } : document),
};

/** The query of a request that came by a redirect, which gets the good answer. */
export const REDIRECTED = 'redirected';

/** The answer of a fault. */
export const faulty = (fault: TestFault, served: Served): Answer => FAULTS[fault](served);

/** @throws {TypeError} for what is not the name of a fault. */
export function checkFault(fault: unknown): asserts fault is TestFault {
  if (typeof fault === 'string' && Object.hasOwn(FAULTS, fault)) return;
  throw new TypeError(`The fault must be one of ${Object.keys(FAULTS).join(', ')}.`);
}
