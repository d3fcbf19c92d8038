import { createHash } from 'node:crypto';
import { createAuthClient } from 'intentkit-auth';
import { createTestIssuer } from 'intentkit-auth/testing';
import { expect, it } from 'vitest';
import { UsedProofs } from '../../../gate/dpop/used-proofs.js';
import { PatientStore, StoreError } from '../../../src/shared/patient-store.js';
import { flush, pass, stopClocks, watchRejections } from '../../support/jwks-simulation.js';
import { BROKEN_STORES } from '../../support/stores.js';
import { titled } from '../../support/titled.js';

const TIMEOUT = 50;
const set = async (): Promise<void> => {};

/** The stores that do not answer. The caller checks the answers of the other broken stores. */
const UNANSWERING = BROKEN_STORES.filter(({ problem }) => /^it (failed|did not answer)/.test(problem));

/** A store that answers only when the test says so, wrapped in a patient store. */
function silentStore() {
  const answers: ((value: string) => void)[] = [];
  const get = (): Promise<string> => new Promise((resolve) => answers.push(resolve));
  const patient = new PatientStore({ get, set }, TIMEOUT);
  /** Asks a question. Resolves to the answer, or to the message of the error. */
  const ask = (): Promise<unknown> =>
    patient.ask((store) => store.get('a')).catch((error: StoreError) => error.message);
  return { answers, ask };
}

const SILENT = 'it did not answer within 0.05 s';
const CLOSED = 'it has not answered for a while';

it.each(titled(UNANSWERING))(
  'A patient store says why it has no answer if its store %s',
  async (_, { problem, ...store }) => {
    stopClocks();
    const noRejections = watchRejections();
    const asked = new PatientStore(store, TIMEOUT)
      .ask(({ get }) => get('a'))
      .catch((error: unknown) => error);
    await pass(500, 10);
    expect(await asked).toBeInstanceOf(StoreError);
    expect(await asked).toMatchObject({ message: problem });
    await noRejections();
  },
);

it('A patient store lets only one question a second through while 100 answers are late', async () => {
  stopClocks();
  const { answers, ask } = silentStore();
  const first = Array.from({ length: 100 }, ask);
  await pass(TIMEOUT);
  expect(new Set(await Promise.all(first))).toEqual(new Set([SILENT]));
  for (let count = 0; count < 1000; count += 1) expect(await ask()).toBe(CLOSED);
  expect(answers.length).toBe(100);

  await pass(1000 - TIMEOUT);
  const probes = [ask(), ask()];
  await pass(TIMEOUT);
  expect(await Promise.all(probes)).toEqual([SILENT, CLOSED]);
  expect(answers.length).toBe(101);
});

it('A patient store lets all questions through after one answer in time, even if the late ones never arrive', async () => {
  stopClocks();
  const { answers, ask } = silentStore();
  void Array.from({ length: 150 }, ask);
  await pass(1000);
  const probe = ask();
  await flush();
  answers.at(-1)?.('back');
  expect(await probe).toBe('back');

  const next = [ask(), ask()];
  await flush();
  for (const answer of answers.slice(-2)) answer('in time');
  expect(await Promise.all(next)).toEqual(['in time', 'in time']);
});

it('A patient store stops counting late answers when they arrive', async () => {
  stopClocks();
  const { answers, ask } = silentStore();
  void Array.from({ length: 100 }, ask);
  await pass(TIMEOUT);
  expect(await ask()).toBe(CLOSED);
  for (const answer of answers) answer('late');
  await flush();
  const next = ask();
  await flush();
  answers.at(-1)?.('in time');
  expect(await next).toBe('in time');
});

it('A replay store that hangs receives questions about only 101 of a thousand proofs', async () => {
  stopClocks();
  let asked = 0;
  const get = (): Promise<never> => {
    asked += 1;
    return new Promise(() => {});
  };
  const used = new UsedProofs({ get, set }, 10_000);
  const idOf = (n: number) => createHash('sha256').update(`proof-${n}`).digest('base64url');
  const use = (n: number) => used.use({ id: idOf(n), acceptedUntil: Date.now() + 60_000 });
  const first = Array.from({ length: 100 }, (_, n) => use(n));
  await pass(1000);
  const next = Array.from({ length: 900 }, (_, n) => use(100 + n));
  await pass(1000);
  expect(new Set(await Promise.all([...first, ...next]))).toEqual(new Set(['unknown']));
  expect(asked).toBe(101);
});

it('A store of shared keys that hangs receives at most one question a second after 100 late answers', async () => {
  stopClocks();
  let asked = 0;
  const get = (): Promise<never> => {
    asked += 1;
    return new Promise(() => {});
  };
  const issuer = await createTestIssuer();
  const jwks = { fetch: issuer.fetch, cache: { get, set }, cacheMaxAge: '1s' };
  const client = createAuthClient({ jwksUrl: issuer.jwksUrl, jwks, onWarning: () => {} });
  const token = await issuer.token({}, { expiresIn: '1d' });
  for (let count = 0; count < 200; count += 1) {
    const verified = client.verify(token);
    await pass(1000, 50);
    expect(await verified).toMatchObject({ valid: true });
  }
  const before = asked;
  const verified = client.verify(token);
  await pass(1000, 50);
  expect(await verified).toMatchObject({ valid: true });
  expect(asked).toBeLessThanOrEqual(before + 1);
});
