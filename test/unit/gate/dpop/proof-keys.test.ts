// The key of a client is imported for its first accepted proof, and remembered after it.
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { createProofCheck } from '../../../../gate/dpop/proof.js';
import { Refusal } from '../../../../gate/refusals.js';
import { defaultEngine } from '../../../../src/signature/node.js';
import { createDpopKey, type DpopKey, type ProofChanges } from '../../../support/dpop.js';
import { titled } from '../../../support/titled.js';
import { withoutBuffer } from '../../../support/without-buffer.js';

const checkProof = createProofCheck();
const URL_OF_REQUEST = 'https://api.example.com/mcp';
const TOKEN = 'a-token';
const now = (): number => Math.floor(Date.now() / 1000);
const requestBy = ({ thumbprint }: DpopKey) => ({
  ...{ method: 'POST', url: URL_OF_REQUEST, token: TOKEN, maxAge: 60 },
  thumbprint,
});
const check = async (key: DpopKey, changes?: ProofChanges, signer = key): Promise<string> => {
  const proof = signer.proof('POST', URL_OF_REQUEST, TOKEN, changes);
  const checked = await checkProof(proof, requestBy(key));
  return checked instanceof Refusal ? checked.description : 'accepted';
};

/** Counts how many keys are imported during an act. */
async function importsDuring(act: () => Promise<unknown>): Promise<number> {
  const spy = vi.spyOn(defaultEngine, 'importPublicKey');
  onTestFinished(() => spy.mockRestore());
  spy.mockClear();
  await act();
  return spy.mock.calls.length;
}

describe('The key of a DPoP client', () => {
  it.each(['ES256', 'ES512', 'EdDSA', 'PS256', 'RS256'])(
    'of %s is imported once, and its next proofs need no Web Crypto at all',
    async (alg) => {
      const key = createDpopKey(alg);
      expect(await importsDuring(() => check(key))).toBe(1);
      const calls = [vi.spyOn(crypto.subtle, 'digest'), vi.spyOn(crypto.subtle, 'importKey')];
      onTestFinished(() => calls.forEach((call) => void call.mockRestore()));
      expect(await importsDuring(async () => expect(await check(key)).toBe('accepted'))).toBe(0);
      for (const call of calls) expect(call).not.toHaveBeenCalled();
    },
  );

  it.each(
    titled<{ what: string; changes?: ProofChanges; isForged?: true }>([
      { what: 'with an invalid signature', isForged: true },
      { what: 'of another type', changes: { header: { typ: 'JWT' } } },
      { what: 'with a claim of the wrong type', changes: { claims: { iss: 1 } } },
      { what: 'that has expired', changes: { claims: { exp: 1 } } },
      { what: 'for another method', changes: { claims: { htm: 'GET' } } },
      { what: 'for another URL', changes: { claims: { htu: 'https://other.example.com' } } },
      { what: 'that is too old', changes: { claims: { iat: now() - 3600 } } },
      { what: 'for another token', changes: { claims: { ath: 'x' } } },
      { what: 'without an id', changes: { claims: { jti: undefined } } },
    ]),
  )('is not remembered for a proof %s', async (_, { changes, isForged }) => {
    const key = createDpopKey();
    const signer = isForged ? createDpopKey() : key;
    const header = { jwk: key.jwk, ...changes?.header };
    expect(await check(key, { ...changes, header }, signer)).not.toBe('accepted');
    expect(await importsDuring(() => check(key, { header }))).toBe(1);
  });

  it('is not imported before its thumbprint has been compared with that of the token', async () => {
    const imports = await importsDuring(async () => {
      const proof = createDpopKey().proof('POST', URL_OF_REQUEST, TOKEN);
      expect(await checkProof(proof, requestBy(createDpopKey()))).toBeInstanceOf(Refusal);
    });
    expect(imports).toBe(0);
  });

  it('is forgotten when 1,000 others were accepted after it', async () => {
    const key = createDpopKey('EdDSA');
    // Each of these headers counts as another key, because the header segment is what is remembered.
    const use = async (kid: number): Promise<void> => {
      expect(await check(key, { header: { kid } })).toBe('accepted');
    };
    for (let kid = 0; kid < 1000; kid += 1) await use(kid);
    expect(await importsDuring(() => use(0))).toBe(0);
    await use(1000);
    expect(await importsDuring(() => use(1))).toBe(0);
    expect(await importsDuring(() => use(0))).toBe(1);
  });
});

it('Without node:crypto, proofs are checked by jose, with the same verdicts', async () => {
  const fresh = await withoutBuffer(() => import('../../../../gate/dpop/proof.js'));
  const freshCheck = fresh.createProofCheck();
  const key = createDpopKey();
  const outcomes = await Promise.all(
    [key, createDpopKey()].flatMap((signer) =>
      [1, 2].map(() =>
        freshCheck(signer.proof('POST', URL_OF_REQUEST, TOKEN, { header: { jwk: key.jwk } }), requestBy(key)),
      ),
    ),
  );
  const accepted = { id: expect.stringMatching(/^[\w-]{43}$/) };
  const refused = { status: 401, error: 'invalid_dpop_proof' };
  expect(outcomes).toMatchObject([accepted, accepted, refused, refused]);
});

it('If jose cannot be loaded, a proof is not called bad: the answer is 503', async () => {
  vi.resetModules();
  vi.doMock('jose/jwk/thumbprint', () => Promise.reject(new Error('EMFILE')));
  onTestFinished(() => {
    vi.doUnmock('jose/jwk/thumbprint');
    vi.resetModules();
  });
  const fresh = await import('../../../../gate/dpop/proof.js');
  const freshCheck = fresh.createProofCheck();
  const key = createDpopKey();
  const checked = await freshCheck(key.proof('POST', URL_OF_REQUEST, TOKEN), requestBy(key));
  expect(checked).toMatchObject({ status: 503, retryAfter: 1, error: 'temporarily_unavailable' });
});
