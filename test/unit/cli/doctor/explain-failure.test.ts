import { expect, it } from 'vitest';
import { explainFailure } from '../../../../cli/doctor/explain-failure.js';
import { FetchError } from '../../../../src/keys/remote/fetch-error.js';

const answer = (status: number, headers = {}) => new Response(null, { status, headers });
const network = (code?: string) => new FetchError('network', 'the request failed', code ? { code } : {});

// The explanations depend on kind, code and status, so the messages here are not the real ones.
it.each([
  [network('ENOTFOUND'), undefined, 'The host does not exist (ENOTFOUND).'],
  [network('EHOSTUNREACH'), undefined, 'The host cannot be reached (EHOSTUNREACH).'],
  [
    network('ERR_TLS_CERT_ALTNAME_INVALID'),
    undefined,
    'The certificate is for another host (ERR_TLS_CERT_ALTNAME_INVALID).',
  ],
  [network('toString'), undefined, 'The request failed.'],
  [network(), undefined, 'The request failed.'],
  [new FetchError('redirect', 'it led away'), undefined, 'It led away.'],
  [
    new FetchError('status', '', { status: 302 }),
    answer(302),
    'The endpoint answered 302, a redirect without a location, and redirects are not followed.',
  ],
  [new FetchError('not_json', 'it is prose'), answer(200, { 'content-type': 'text/plain' }), 'It is prose.'],
  [
    new FetchError('not_json', ''),
    answer(200, { 'content-type': 'text/html' }),
    'The endpoint answered with an HTML page, not with JSON.',
  ],
])('%s, with the answer %s, is explained as: %s', (failure, answered, message) => {
  expect(explainFailure(failure, answered).message).toBe(message);
});

it.each([
  [401, 'Make the document readable without a login, or send "jwks.headers" from your server.'],
  [404, 'Check the path: tenant, realm, version.'],
  [418, 'Check what answers at this URL.'],
  [429, 'Wait, and find out what else sends requests from this address.'],
  [502, 'The server fails: check its logs.'],
])('The advice for status %i is: %s', (status, change) => {
  expect(explainFailure(new FetchError('status', '', { status }), answer(status)).change).toBe(change);
});
