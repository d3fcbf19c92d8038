import { Session } from 'node:inspector/promises';
import { createAuthClient, type IssuerOptions } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';
import { createTestIssuer } from 'intentkit-auth/testing';
import { expect, it, onTestFinished } from 'vitest';
import { admitted, outcomeOf, RESOURCE, requestWith } from '../../support/gate.js';

/** Counts how often each block of this package's own code runs during an act. Nothing of it depends on the time. */
async function stepsOf(act: () => Promise<unknown>): Promise<number> {
  const session = new Session();
  session.connect();
  onTestFinished(() => session.disconnect());
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  await session.post('Profiler.takePreciseCoverage');
  await act();
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  return result
    .filter(({ url }) => /\/(gate|src)\/[^?]*\.ts/.test(url))
    .flatMap(({ functions }) => functions.flatMap(({ ranges }) => ranges))
    .reduce((sum, { count }) => sum + count, 0);
}

/** A gate before a client with this many issuers. The last one has no audience, so the gate checks it. */
async function createGate(count: number) {
  const { url, fetch, token } = await createTestIssuer();
  const others = Array.from({ length: count - 1 }, (_, index): IssuerOptions => {
    return { issuer: `https://issuer-${index}.example.com`, audience: RESOURCE };
  });
  const issuers = [...others, { issuer: url, fetch }];
  const gate = protectMcp(createAuthClient({ issuers }), { resource: RESOURCE });
  const request = async (aud: string): Promise<Request> =>
    requestWith({ authorization: `Bearer ${await token({ aud })}` });
  return { gate, request };
}

it('The work of a gate does not grow with the number of issuers, one of which has no audience', async () => {
  const steps = async (count: number): Promise<number[]> => {
    const { gate, request } = await createGate(count);
    const [first, good] = [await request(RESOURCE), await request(RESOURCE)];
    const elsewhere = await request('https://other.example.com');
    // The first request fetches the keys.
    admitted(await gate.authenticate(first));
    return [
      await stepsOf(async () => admitted(await gate.authenticate(good))),
      await stepsOf(async () => {
        expect(await outcomeOf(await gate.authenticate(elsewhere))).toMatchObject({
          body: { error_description: 'The token is not for this resource.' },
        });
      }),
    ];
  };
  const one = await steps(1);
  const many = await steps(1000);
  // A few steps depend on the token, such as those for the last characters of its segments.
  for (const [index, count] of one.entries()) {
    expect(count).toBeGreaterThan(50);
    expect(many[index]).toBeLessThan(count + 20);
  }
});
