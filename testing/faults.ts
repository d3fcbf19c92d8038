import { oneOf } from '../src/shared/schema.js';
import { withOtherSlash } from '../src/shared/url.js';
import type { TestEndpoint, TestFault } from './options.js';

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

/** What the issuer serves, which a fault replaces or changes. */
export interface Served {
  readonly kind: TestEndpoint;
  readonly path: string;
  readonly document: Readonly<Record<string, unknown>>;
  /** Default: 200. */
  readonly status?: number;
  /** The signed form of the document. Default: the document as JSON. */
  readonly body?: string;
}

/** The reply with a document as JSON. */
export const json = (document: object, code = 200): HttpReply => ({
  status: code,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(document),
});

/** The reply without a fault. */
export const good = ({ document, status: code = 200, body }: Served): HttpReply =>
  body === undefined
    ? json(document, code)
    : { status: code, headers: { 'content-type': 'application/token-introspection+jwt' }, body };

/** The error of an endpoint of OAuth. The keys and the discovery documents are served as usual. */
const oauthError = (error: string, code = 400) => {
  return (served: Served): Reply =>
    served.kind === 'token' || (served.kind === 'introspection' && error === 'invalid_client')
      ? json({ error }, code)
      : good(served);
};

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
  empty: (served) => {
    if (served.kind === 'discovery') return good(served);
    return json(served.kind === 'keys' ? { keys: [] } : {});
  },
  weak: (served) =>
    served.kind === 'keys'
      ? json({ keys: [{ kty: 'RSA', kid: 'weak', use: 'sig', n: SHORT_MODULUS, e: 'AQAB' }] })
      : good(served),
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
  'wrong-issuer': (served) =>
    served.kind === 'discovery'
      ? json({ ...served.document, issuer: withOtherSlash(String(served.document.issuer)) })
      : good(served),
  inactive: (served) => (served.kind === 'introspection' ? json({ active: false }) : good(served)),
  invalid_client: oauthError('invalid_client', 401),
  invalid_grant: oauthError('invalid_grant'),
  invalid_target: oauthError('invalid_target'),
  interaction_required: oauthError('interaction_required'),
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
