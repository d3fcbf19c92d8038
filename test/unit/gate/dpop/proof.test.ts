import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { freezeClock, moveClock } from '../../../support/clock.js';
import { createDpopKey, type DpopKey, type ProofChanges, thumbprintOf } from '../../../support/dpop.js';
import { admitted, createGate, outcomeOf, RESOURCE, requestWith, tokenWith } from '../../../support/gate.js';
import { generateKeys } from '../../../support/mint.js';
import { padded, plainPadded, withZeros } from '../../../support/spellings.js';
import { titled } from '../../../support/titled.js';

freezeClock();

const key = createDpopKey();
const now = (): number => Math.floor(Date.now() / 1000);
const bound = (): string => tokenWith({ cnf: { jkt: key.thumbprint } });
const present = (token: string, ...proofs: string[]): Request =>
  requestWith([
    ['authorization', `DPoP ${token}`],
    ...proofs.map((proof): [string, string] => ['dpop', proof]),
  ]);
const refusal = (decision: Awaited<ReturnType<ReturnType<typeof createGate>['authenticate']>>) =>
  outcomeOf(decision).then(({ status, body }) => ({ status, ...(body as object) }));

describe('A DPoP proof', () => {
  it.each([
    ['RS256', 'n', 'with padding', padded],
    ['RS256', 'n', 'in plain base64', plainPadded],
    ['RS256', 'n', 'after a zero byte', withZeros],
    ['RS256', 'e', 'after a zero byte', withZeros],
    ['ES256', 'x', 'with padding', padded],
    ['ES256', 'y', 'after a zero byte', withZeros],
    ['EdDSA', 'x', 'with padding', padded],
  ] as const)(
    'by a key of %s with its "%s" %s is refused, whatever the thumbprint is of',
    async (alg, name, _, spelled) => {
      const own = createDpopKey(alg);
      const jwk = { ...own.jwk, [name]: spelled(own.jwk[name]) };
      expect(jwk).not.toEqual(own.jwk);
      for (const jkt of [own.thumbprint, thumbprintOf(jwk)]) {
        const token = tokenWith({ cnf: { jkt } });
        const proof = own.proof('POST', RESOURCE, token, { header: { jwk } });
        expect(await refusal(await createGate().authenticate(present(token, proof)))).toMatchObject({
          status: 401,
          error: 'invalid_dpop_proof',
          error_description:
            'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
        });
      }
    },
  );

  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'PS256', 'RS256', 'RS512'])(
    'by %s admits the token that is bound to its key',
    async (alg) => {
      const own = createDpopKey(alg);
      const token = tokenWith({ cnf: { jkt: own.thumbprint } });
      const decision = await createGate().authenticate(present(token, own.proof('POST', RESOURCE, token)));
      expect(admitted(decision)).toMatchObject({ token, clientId: 'agent' });
    },
  );

  it.each(
    titled<{
      what: string;
      changes: ProofChanges | ((key: DpopKey) => ProofChanges);
      error?: string;
      description: string;
    }>([
      {
        what: 'for another method',
        changes: { claims: { htm: 'GET' } },
        description: 'The DPoP proof is for another method.',
      },
      {
        what: 'without a method',
        changes: { claims: { htm: undefined } },
        description: 'The DPoP proof is for another method.',
      },
      {
        what: 'for another path',
        changes: { claims: { htu: `${RESOURCE}/x` } },
        description: 'The DPoP proof is for another URL.',
      },
      {
        what: 'for another host',
        changes: { claims: { htu: 'https://evil.example.com/mcp' } },
        description: 'The DPoP proof is for another URL.',
      },
      {
        what: 'without a type',
        changes: { header: { typ: undefined } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'for no URL',
        changes: { claims: { htu: '/mcp' } },
        description: 'The DPoP proof is for another URL.',
      },
      {
        what: 'for another token',
        changes: { claims: { ath: 'x' } },
        description: 'The DPoP proof is for another token.',
      },
      {
        what: 'for no token',
        changes: { claims: { ath: undefined } },
        description: 'The DPoP proof is for another token.',
      },
      {
        what: 'without a time',
        changes: { claims: { iat: undefined } },
        description: 'The DPoP proof is too old or from the future.',
      },
      {
        what: 'whose time is text',
        changes: { claims: { iat: `${now()}` } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'without an id',
        changes: { claims: { jti: undefined } },
        description: 'The DPoP proof has no jti claim.',
      },
      {
        what: 'with an empty id',
        changes: { claims: { jti: '' } },
        description: 'The DPoP proof has no jti claim.',
      },
      {
        what: 'that has expired by its own "exp"',
        changes: { claims: { exp: 1 } },
        description: 'The DPoP proof is too old or from the future.',
      },
      {
        what: 'that is not valid yet by its own "nbf"',
        changes: { claims: { nbf: 9e9 } },
        description: 'The DPoP proof is too old or from the future.',
      },
      {
        what: 'with a claim of the wrong type',
        changes: { claims: { iat: '1' } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'of another algorithm than its key names',
        changes: ({ jwk }) => ({ header: { jwk: { ...jwk, alg: 'ES384' } } }),
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'with a key that is not for signatures',
        changes: ({ jwk }) => ({ header: { jwk: { ...jwk, use: 'enc' } } }),
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'of another type',
        changes: { header: { typ: 'JWT' } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'with the private key',
        changes: ({ privateJwk }) => ({ header: { jwk: privateJwk } }),
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'without a key',
        changes: { header: { jwk: undefined } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'of another algorithm than its key',
        changes: { header: { alg: 'RS256' } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'of the algorithm for another curve than that of its key',
        changes: { header: { alg: 'ES384' } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'without a signature algorithm',
        changes: { header: { alg: 'none' } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'by a secret',
        changes: { header: { alg: 'HS256' } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'with an extension that is not understood',
        changes: { header: { crit: ['x'], x: 1 } },
        description:
          'The DPoP proof must be a JWT of type dpop+jwt, signed with the public key in its header.',
      },
      {
        what: 'with another key',
        changes: { header: { jwk: generateKeys('ES256').jwk } },
        error: 'invalid_token',
        description: 'The DPoP proof is signed with another key than that of the token.',
      },
    ]),
  )('%s is refused with 401, also by a key whose proofs were accepted before', async (_, row) => {
    const { changes, error = 'invalid_dpop_proof', description } = row;
    const own = createDpopKey();
    const token = tokenWith({ cnf: { jkt: own.thumbprint } });
    const changed = typeof changes === 'function' ? changes(own) : changes;
    const gate = createGate();
    const decide = (made?: ProofChanges) =>
      gate.authenticate(present(token, own.proof('POST', RESOURCE, token, made)));

    const atFirst = await refusal(await decide(changed));
    admitted(await decide());
    const later = await refusal(await decide(changed));
    expect([atFirst, later]).toEqual(Array(2).fill({ status: 401, error, error_description: description }));
  });

  it.each(
    titled([
      { what: 'EdDSA, whose key is for Ed25519 only', alg: 'EdDSA', only: 'Ed25519' },
      { what: 'RS256, whose key is for PS256 only', alg: 'RS256', only: 'PS256' },
    ]),
  )('by %s, is refused', async (_, { alg, only }) => {
    const own = createDpopKey(alg);
    const token = tokenWith({ cnf: { jkt: own.thumbprint } });
    const proof = own.proof('POST', RESOURCE, token, { header: { jwk: { ...own.jwk, alg: only } } });
    expect(await refusal(await createGate().authenticate(present(token, proof)))).toMatchObject({
      status: 401,
      error: 'invalid_dpop_proof',
    });
  });

  it.each(['none', 'HS256', 'ES256K'])(
    'by %s is refused for its algorithm, also if its key is not that of the token',
    async (alg) => {
      const token = bound();
      const proof = createDpopKey().proof('POST', RESOURCE, token, { header: { alg } });
      expect(await refusal(await createGate().authenticate(present(token, proof)))).toMatchObject({
        status: 401,
        error: 'invalid_dpop_proof',
      });
    },
  );

  it.each(['dpop+jwt', 'DPOP+JWT', 'application/dpop+jwt'])('may write its type as %s', async (typ) => {
    const token = bound();
    const proof = key.proof('POST', RESOURCE, token, { header: { typ } });
    admitted(await createGate().authenticate(present(token, proof)));
  });

  it('signed with another key than the one in its header is refused, also if that key was accepted before', async () => {
    const own = createDpopKey();
    const token = tokenWith({ cnf: { jkt: own.thumbprint } });
    const gate = createGate();
    const decide = (signer: DpopKey) =>
      gate.authenticate(present(token, signer.proof('POST', RESOURCE, token, { header: { jwk: own.jwk } })));
    const forged = () => decide(createDpopKey()).then(refusal);

    const atFirst = await forged();
    admitted(await decide(own));
    const refused = { status: 401, error: 'invalid_dpop_proof' };
    expect([atFirst, await forged()]).toMatchObject([refused, refused]);
  });

  it('by a key that was accepted before is refused for a token that is bound to another key', async () => {
    const gate = createGate();
    const own = createDpopKey();
    const ownToken = tokenWith({ cnf: { jkt: own.thumbprint } });
    admitted(await gate.authenticate(present(ownToken, own.proof('POST', RESOURCE, ownToken))));
    const stolen = bound();
    const decision = await gate.authenticate(present(stolen, own.proof('POST', RESOURCE, stolen)));
    expect(await refusal(decision)).toEqual({
      status: 401,
      error: 'invalid_token',
      error_description: 'The DPoP proof is signed with another key than that of the token.',
    });
  });

  it('does not help a token that is not bound to a key', async () => {
    const token = tokenWith();
    const decision = await createGate().authenticate(present(token, key.proof('POST', RESOURCE, token)));
    expect(await refusal(decision)).toEqual({
      status: 401,
      error: 'invalid_token',
      error_description: 'This token is not bound to a key and cannot be used with the DPoP scheme.',
    });
  });

  it('that is missing, repeated or larger than 8 KiB is refused, each with its own sentence', async () => {
    const token = bound();
    const proof = () => key.proof('POST', RESOURCE, token);
    const large = key.proof('POST', RESOURCE, token, { claims: { x: 'x'.repeat(6 * 1024) } });
    const sentences = await Promise.all(
      [[], [proof(), proof()], [large]].map(async (proofs) =>
        refusal(await createGate().authenticate(present(token, ...proofs))),
      ),
    );
    expect(sentences).toMatchObject([
      { error_description: 'The request has no DPoP proof.' },
      { error_description: 'The request has more than one DPoP proof.' },
      { error_description: 'The DPoP proof is larger than 8 KiB.' },
    ]);
  });

  it.each(
    titled([
      { what: 'with query and fragment', htu: `${RESOURCE}?a=b#c`, url: RESOURCE },
      { what: 'in capitals, with the port', htu: 'HTTPS://API.Example.com:443/mcp', url: RESOURCE },
      { what: 'with needless percent encoding', htu: 'https://api.example.com/%6dcp', url: RESOURCE },
      { what: 'with dot segments', htu: 'https://api.example.com/x/../mcp', url: RESOURCE },
      { what: 'in another case of the encoding', htu: `${RESOURCE}/%c3%A9`, url: `${RESOURCE}/%C3%a9` },
      { what: 'while a proxy speaks http to an inner host', htu: RESOURCE, url: 'http://10.0.0.7:3000/mcp' },
    ]),
  )('may write the URL %s', async (_, { htu, url }) => {
    const token = bound();
    const headers = { authorization: `DPoP ${token}`, dpop: key.proof('POST', htu, token) };
    admitted(await createGate().authenticate(requestWith(headers, { url })));
  });

  it.each([
    { seconds: -61, isAdmitted: false },
    { seconds: -60, isAdmitted: true },
    { seconds: 60, isAdmitted: true },
    { seconds: 61, isAdmitted: false },
  ])('made $seconds s from now is admitted: $isAdmitted', async ({ seconds, isAdmitted }) => {
    moveClock(0);
    const token = bound();
    const proof = key.proof('POST', RESOURCE, token, { claims: { iat: now() + seconds } });
    const { status } = await outcomeOf(await createGate().authenticate(present(token, proof)));
    expect(status).toBe(isAdmitted ? 200 : 401);
  });

  it('may be as old as "dpopMaxAge" says', async () => {
    moveClock(0);
    const token = bound();
    const proof = key.proof('POST', RESOURCE, token, { claims: { iat: now() - 300 } });
    admitted(await createGate({ dpopMaxAge: '5m' }).authenticate(present(token, proof)));
  });

  it('that is valid leads to 403 with a DPoP challenge where a scope is missing', async () => {
    const token = bound();
    const gate = createGate({ requiredScopes: ['admin'] });
    const outcome = await outcomeOf(
      await gate.authenticate(present(token, key.proof('POST', RESOURCE, token))),
    );
    expect(outcome.status).toBe(403);
    expect(outcome.challenge).toMatch(/^DPoP error="insufficient_scope", .*scope="admin".*algs="ES256 /);
  });

  it('admits nothing where "dpop" is "off"', async () => {
    const token = bound();
    const decision = await createGate({ dpop: 'off' }).authenticate(
      present(token, key.proof('POST', RESOURCE, token)),
    );
    expect(await outcomeOf(decision)).toMatchObject({
      status: 401,
      challenge: expect.stringMatching(/^Bearer scope/),
    });
  });
});

describe('A DPoP proof that was used', () => {
  const REPLAY = {
    status: 401,
    error: 'invalid_dpop_proof',
    error_description: 'The DPoP proof was already used.',
  };

  it('is refused until it is too old', async () => {
    moveClock(0);
    const gate = createGate();
    const token = tokenWith({ cnf: { jkt: key.thumbprint }, exp: now() + 600 });
    const proof = key.proof('POST', RESOURCE, token, { claims: { iat: now() + 60 } });
    admitted(await gate.authenticate(present(token, proof)));
    for (const seconds of [0, 60, 120]) {
      moveClock(seconds * 1000);
      expect(await refusal(await gate.authenticate(present(token, proof)))).toEqual(REPLAY);
    }
    moveClock(121_000);
    expect(await refusal(await gate.authenticate(present(token, proof)))).toMatchObject({
      error_description: 'The DPoP proof is too old or from the future.',
    });
  });

  it('admits only one of several requests that come at the same time', async () => {
    const gate = createGate();
    const token = bound();
    const proof = key.proof('POST', RESOURCE, token);
    const decisions = await Promise.all([1, 2, 3].map(() => gate.authenticate(present(token, proof))));
    const statuses = await Promise.all(decisions.map(outcomeOf));
    expect(statuses.map(({ status }) => status).sort()).toEqual([200, 401, 401]);
  });

  it('does not use up its id for another key', async () => {
    const gate = createGate();
    const other = createDpopKey();
    for (const { thumbprint, proof } of [key, other]) {
      const token = tokenWith({ cnf: { jkt: thumbprint } });
      admitted(
        await gate.authenticate(
          present(token, proof('POST', RESOURCE, token, { claims: { jti: 'the same' } })),
        ),
      );
    }
  });

  it('is refused in another process that shares the store', async () => {
    const entries = new Map<string, unknown>();
    const set = vi.fn((name: string, value: unknown) => void entries.set(name, value));
    const replayStore = { get: async (name: string) => entries.get(name) ?? null, set };
    const token = bound();
    const proof = key.proof('POST', RESOURCE, token);
    admitted(await createGate({ replayStore }).authenticate(present(token, proof)));
    expect(await refusal(await createGate({ replayStore }).authenticate(present(token, proof)))).toEqual(
      REPLAY,
    );
    expect(set).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^dpop:[\w-]{43}$/),
      '1',
      expect.any(Number),
    );
    expect(set.mock.lastCall?.[2 as never]).toBeGreaterThan(118_000);
  });

  it.each(
    titled([
      {
        what: 'throws',
        get: () => {
          throw new Error('down');
        },
      },
      { what: 'rejects', get: () => Promise.reject(new Error('down')) },
      { what: 'hangs', get: () => sleep(60_000, undefined, { ref: false }) },
    ]),
  )('leads to 503 if the store %s, because a replay cannot be ruled out', async (_, { get }) => {
    const gate = createGate({ replayStore: { get, set: () => {} } }, { onWarning: () => {} });
    const token = bound();
    const decision = await gate.authenticate(present(token, key.proof('POST', RESOURCE, token)));
    expect(await refusal(decision)).toMatchObject({ status: 503 });
  });
});
