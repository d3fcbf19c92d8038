import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, expect, it } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';
import { type Received, startOAuthServer } from '../support/oauth-server.js';

const run = promisify(execFile);
const FIXTURE = await bundleScript('test/e2e/fixtures/heap.ts');
const DOWNSTREAM = await bundleScript('test/e2e/fixtures/downstream-heap.ts');
const OWN_KEYS = await bundleScript('test/e2e/fixtures/own-keys-heap.ts');

const printed = async (script: string, ...args: string[]): Promise<string> =>
  (await run(process.execPath, ['--expose-gc', script, ...args])).stdout;
const tokensLeft = (...args: string[]): Promise<string> => printed(FIXTURE, ...args);

it('no token stays in the heap after it was verified, refused, decoded or signed', async () => {
  expect(await tokensLeft()).toBe('0');
});

it('the search finds a token that stays in the heap', async () => {
  expect(await tokensLeft('keep')).toBe('1');
});

it('no private key stays in the heap in the form it was given in', async () => {
  expect(await printed(OWN_KEYS)).toBe('0 of 4');
});

it('the search finds private keys that stay in the heap', async () => {
  expect(await printed(OWN_KEYS, 'keep')).toBe('4 of 4');
});

const provider = await startOAuthServer();
afterAll(() => provider.close());
const soon = (): number => Math.floor(Date.now() / 1000) + 600;
const tokenIn = ({ fields }: Received, name: string): string => Object.fromEntries(fields)[name] ?? '';
provider.replies.set('/introspect', () => ({ active: true, sub: 'ada', exp: soon() }));
provider.replies.set('/token', (request) => ({
  access_token: createHash('sha256').update(tokenIn(request, 'subject_token')).digest('base64url'),
  token_type: 'Bearer',
  expires_in: 600,
}));
provider.replies.set('/open', () => (_, response) => void response.end('"open"'));

it('no token of ten callers stays in the heap, and none obtained for them', async () => {
  expect(await printed(DOWNSTREAM, provider.issuer)).toBe('0 of 20, 10 stored');
});

it('the search finds the tokens of callers that stay in the heap', async () => {
  expect(await printed(DOWNSTREAM, provider.issuer, 'keep')).toBe('20 of 20, 10 stored');
});
