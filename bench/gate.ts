/**
 * Measures the time that `gate.fetch` adds to `verify` for a bearer token, the time of a DPoP proof, and the memory that used
 * proofs take. Run it with `npx tsx --expose-gc bench/gate.ts`.
 */
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { UsedProofs } from '../gate/dpop/used-proofs.js';
import { createDpopKey } from '../test/support/dpop.js';

const RESOURCE = 'https://api.example.com/mcp';
const ROUNDS = 31;

const auth = createAuthClient({
  secret: 'x'.repeat(48),
  issuer: 'https://issuer.example.com',
  audience: RESOURCE,
});
const gate = protectMcp(auth, {
  resource: RESOURCE,
  requiredScopes: ['mcp'],
  scopes: { 'files:admin': ['files:write', 'files:read'] },
});
const answer = new Response();
const serve = gate.fetch(() => answer);

const claims = { client_id: 'agent', scope: 'mcp files:admin' };
const token = await auth.sign(claims, { subject: 'user-1' });
/** A gate checks a request only once, so each call needs one of its own. */
const requests = (count: number): Request[] =>
  Array.from(
    { length: count },
    () => new Request(RESOURCE, { method: 'POST', headers: { authorization: `Bearer ${token}` } }),
  );

const key = createDpopKey();
const bound = await auth.sign({ ...claims, cnf: { jkt: key.thumbprint } });
const presented = Array.from({ length: ROUNDS * 100 }, () => {
  const headers = { authorization: `DPoP ${bound}`, dpop: key.proof('POST', RESOURCE, bound) };
  return new Request(RESOURCE, { method: 'POST', headers });
});

/** Returns microseconds per call. */
async function time<Input>(
  inputs: readonly Input[],
  call: (input: Input) => Promise<unknown>,
): Promise<number> {
  const start = performance.now();
  for (const input of inputs) await call(input);
  return ((performance.now() - start) * 1000) / inputs.length;
}

// Other load on the machine only makes a round slower, so the fastest round is the best estimate.
const least = (rounds: readonly number[]): number => Math.min(...rounds);

const verify: number[] = [];
const bearer: number[] = [];
const dpop: number[] = [];
for (let round = 0; round < ROUNDS; round++) {
  verify.push(await time(Array<string>(2000).fill(token), auth.verify));
  bearer.push(await time(requests(2000), serve));
  dpop.push(await time(presented.splice(0, 100), (request) => gate.authenticate(request)));
}
globalThis.gc?.();
const before = process.memoryUsage().heapUsed;
const PROOFS = 300_000;
const used = new UsedProofs(undefined, PROOFS);
for (let index = 0; index < PROOFS; index++) {
  await used.use({
    id: Buffer.from(`${index}`.padStart(32)).toString('base64url'),
    acceptedUntil: Date.now() + 60_000,
  });
}
globalThis.gc?.();
const megabytes = (process.memoryUsage().heapUsed - before) / 1e6;

process.stdout.write(
  [
    `verify, HS256            ${least(verify).toFixed(1)} µs`,
    `gate.fetch adds          ${(least(bearer) - least(verify)).toFixed(1)} µs`,
    `authenticate, with DPoP  ${least(dpop).toFixed(0)} µs`,
    `${PROOFS} used proofs      ${megabytes.toFixed(0)} MB`,
    '',
  ].join('\n'),
);
// Keeps the proofs reachable until the memory is measured.
await used.use({ id: '', acceptedUntil: 0 });
