import { oneOf } from '../src/shared/schema.js';
import { withOtherSlash } from '../src/shared/url.js';
import type { TestFault } from './options.js';

/** The reply to a request. `hang`: none, ever. `reset`: the connection is cut. */
export type Reply = 'hang' | 'reset' | HttpReply;

/** A reply over HTTP. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the connection is cut in the middle of the body. */
  readonly breaksOff?: boolean;
}

/** A document that the issuer serves, which a fault replaces or changes. */
export interface Served {
  readonly kind: 'keys' | 'discovery';
  readonly path: string;
  readonly document: Readonly<Record<string, unknown>>;
}

/** The reply with a document as JSON. */
export const json = (document: object): HttpReply => ({
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(document),
});

const status = (code: number, headers = {}) => {
  return (): Reply => ({ status: code, headers, body: `${code}` });
};

/** An RSA modulus of 1024 bits, which is too short. */
const SHORT_MODULUS = `${'w'.repeat(170)}w`;

/** The reply of each fault. */
const FAULTS: Readonly<Record<TestFault, (served: Served) => Reply>> = {
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

/** The query of the URL that the fault `redirect` leads to. It gets the document, without a fault. */
export const REDIRECTED = 'redirected';

/** The reply of a fault to the request for a document. */
export const faulty = (fault: TestFault, served: Served): Reply => FAULTS[fault](served);

/** The name of a fault. */
export const testFault = oneOf(
  Object.keys(FAULTS) as TestFault[],
  `one of ${Object.keys(FAULTS).join(', ')}`,
);
