// What must not come out again, what is refused with such a thing in it, and how an endpoint fails with such a thing in its answer.
import * as faults from './faulty-jwks-server.js';
import { mark, searchFor } from './leaks.js';
import { generateKeys } from './mint.js';

export const SECRET = mark('the/secret');
export const CLAIM = mark('the-claim');
export const CREDENTIAL = mark('the-credential');
export const ALL = `${CREDENTIAL} ${SECRET} ${CLAIM}`;
const { kty, n, e, ...parts } = generateKeys('RS256').privateKey.export({ format: 'jwk' });
export const privateKey = { kty, n, e, ...parts };
export const MARKS: Record<string, string> = { secret: SECRET, claim: CLAIM, credential: CREDENTIAL };
for (const [name, value] of Object.entries(parts)) MARKS[`private ${name}`] = String(value);
export const leaked = searchFor(MARKS);

/** The result of the act, or its error. */
export const ended = async (act: () => unknown): Promise<unknown> =>
  (async () => act())().catch((error: unknown) => error);

/** Wrong for almost any option, each with a mark inside. */
export const WRONG: readonly unknown[] = [
  ...[SECRET, `-----BEGIN ${SECRET}`, [SECRET, 1], [[SECRET]], { key: SECRET }, { toString: () => SECRET }],
  ...[() => SECRET, Symbol(SECRET), Object(SECRET), new Date(0), null, undefined, `${SECRET} `.repeat(1000)],
  ...[`https://user:${CREDENTIAL}@host.example/`, `http://host.example/?key=${CREDENTIAL}`],
  ...[`https://[${CREDENTIAL}`, `file:///${CREDENTIAL}`, { authorization: `${CREDENTIAL}\r\nx: y` }],
  ...[{ 'bad name': CREDENTIAL }, { authorization: [CREDENTIAL] }, JSON.stringify(privateKey), privateKey],
];

export type Outage = {
  readonly handler?: faults.Fault;
  readonly fetch?: typeof fetch;
  readonly timeout?: string;
};
const answering = (response: unknown): Outage => ({ fetch: async () => response as Response });
const withCode = (code: unknown): Error => Object.assign(new Error(ALL), { code });
const broken = () => new ReadableStream({ pull: (controller) => controller.error(withCode(ALL)) });

// biome-ignore format: a table
const FAILURES: ReadonlyArray<readonly [what: string, why: (...request: unknown[]) => unknown]> = [
  ['text', () => ALL], ['the URL', (url) => new Error(`cannot reach ${url}`)],
  ['its request', (...request) => Object.assign(new Error(), { request })],
  ['a cause', () => new TypeError(ALL, { cause: withCode('ECONNRESET') })],
  ['a sentence as its code', () => withCode(ALL)],
  ['an object as its code', () => withCode({ toString: () => CREDENTIAL })], ['null', () => null],
];

/** By how an endpoint fails. The answer itself may hold what must not come out. */
// biome-ignore format: a table
export const OUTAGES: ReadonlyArray<readonly [title: string, outage: Outage]> = [
  ['500 with a body', { handler: faults.answer(500, { 'x-debug': CREDENTIAL }, ALL) }],
  ['401 with a challenge', { handler: faults.answer(401, { 'www-authenticate': `error="${CREDENTIAL}"` }, ALL) }],
  ['a redirect', { handler: faults.answer(302, { location: `http://127.0.0.1:9/?key=${CREDENTIAL}` }) }],
  ['HTML', { handler: faults.body(`<html>${ALL}</html>`, 'text/html') }],
  ['JSON that is cut off', { handler: faults.body(`{"keys":[{"d":"${privateKey.d}","x":"${ALL}`) }],
  ['JSON that is no set', { handler: faults.body(JSON.stringify({ [CREDENTIAL]: ALL, keys: ALL })) }],
  ['bytes that are not text', { handler: faults.body(Buffer.from(`${ALL}\xff`, 'latin1')) }],
  ['a reset', { handler: faults.reset }], ['a reset in the body', { handler: faults.resetInBody }],
  ['another protocol', { handler: faults.notHttp }], ['silence', { handler: faults.blackHole, timeout: '0.1s' }],
  ...FAILURES.map(([what, why]): [string, Outage] => {
    return [`a fetch that fails with ${what}`, { fetch: (...request) => Promise.reject(why(...request)) }];
  }),
  ['a fetch that answers with nothing', answering(undefined)],
  ['a fetch that answers with an object', answering({ status: 200, body: null, ALL })],
  ['a body that fails', { fetch: async () => new Response(broken()) }],
];
