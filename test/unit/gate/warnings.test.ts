import type { AuthWarningCode } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';
import { expect, it, onTestFinished, vi } from 'vitest';
import { createDpopKey } from '../../support/dpop.js';
import { createGate, RESOURCE, requestWith, tokenWith } from '../../support/gate.js';

/* The callers of a gate that fails only see 503. Its operator is told why. */

type Warning = readonly [message: string, code: AuthWarningCode | undefined];

const bearer = (): Request => requestWith({ authorization: `Bearer ${tokenWith()}` });

it('A schema that fails is warned of once, without claims, and once when it works again', async () => {
  let fails = true;
  const warnings: Warning[] = [];
  const validate = (value: unknown) => {
    if (fails) throw new TypeError(`cannot read ${JSON.stringify(value)}`);
    return { value: {} };
  };
  const claims = { '~standard': { version: 1, vendor: 'own', validate } } as const;
  const gate = createGate({ claims }, { onWarning: (...warning) => void warnings.push(warning) });
  const status = async (): Promise<number> => {
    const decision = await gate.authenticate(bearer());
    return decision instanceof Response ? decision.status : 200;
  };
  expect([await status(), await status()]).toEqual([503, 503]);
  const subject = `The check of tokens at the gate of "${RESOURCE}"`;
  const problem =
    'The schema of "claims" failed: it must return a result for all claims, within 5 s and without throwing';
  const failing = [`${subject} is failing: ${problem}; requests are answered with 503.`, 'GATE_FAILING'];
  expect(warnings).toEqual([failing]);
  fails = false;
  expect([await status(), await status()]).toEqual([200, 200]);
  expect(warnings).toEqual([failing, [`${subject} answers again.`, 'GATE_RECOVERED']]);
});

it('A verifier that throws is warned of, without what it threw', async () => {
  const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
  onTestFinished(() => emitted.mockRestore());
  const verify = async (): Promise<never> => {
    throw new Error('hush');
  };
  const gate = protectApi(
    { verify },
    { resource: RESOURCE, authorizationServers: ['https://id.example.com'] },
  );
  const decision = await gate.authenticate(bearer());
  expect(decision).toMatchObject({ status: 503 });
  const message = `The check of tokens at the gate of "${RESOURCE}" is failing: the verifier threw an error; requests are answered with 503.`;
  expect(emitted.mock.calls).toEqual([[message, { type: 'AuthWarning', code: 'GATE_FAILING' }]]);
});

it('An outage of which the client warns is not warned of twice', async () => {
  const codes: AuthWarningCode[] = [];
  const revocation = { isRevoked: () => Promise.reject(new Error('down')) };
  const gate = createGate({}, { revocation, onWarning: (_, code) => void codes.push(code) });
  expect(await gate.authenticate(bearer())).toMatchObject({ status: 503 });
  expect(codes).not.toContain('GATE_FAILING');
});

it('A store of DPoP proofs that fails is warned of once', async () => {
  let fails = true;
  const codes: AuthWarningCode[] = [];
  const answer = async (): Promise<undefined> => {
    if (fails) throw new Error('down');
  };
  const gate = createGate(
    { replayStore: { get: answer, set: answer } },
    { onWarning: (_, code) => void codes.push(code) },
  );
  const key = createDpopKey('ES256');
  const token = tokenWith({ cnf: { jkt: key.thumbprint } });
  const status = async (): Promise<number> => {
    const dpop = key.proof('POST', RESOURCE, token);
    const decision = await gate.authenticate(requestWith({ authorization: `DPoP ${token}`, dpop }));
    return decision instanceof Response ? decision.status : 200;
  };
  expect([await status(), await status()]).toEqual([503, 503]);
  expect(codes).toEqual(['GATE_FAILING']);
  fails = false;
  expect(await status()).toBe(200);
  expect(codes).toEqual(['GATE_FAILING', 'GATE_RECOVERED']);
});
