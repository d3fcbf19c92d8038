// Nothing of a request, and nothing of the options, comes out of a gate again.
import { createAuthClient } from 'intentkit-auth';
import { createTokenVerifier, protectMcp } from 'intentkit-auth/mcp';
import { expect, it } from 'vitest';
import { MCP_OPTIONS, VERIFIER_OPTIONS } from '../../../mcp/config.js';
import { createDpopKey } from '../../support/dpop.js';
import { createGate, ISSUER, RESOURCE, requestWith, SECRET, tokenWith } from '../../support/gate.js';
import { mark, searchFor } from '../../support/leaks.js';
import { titled } from '../../support/titled.js';

const MARK = mark('the-mark');
const leaked = searchFor({ mark: MARK });
const key = createDpopKey();
const bound = tokenWith({ cnf: { jkt: key.thumbprint }, sub: MARK });
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
const proving = (claims: object, header = {}) => ({
  authorization: `DPoP ${bound}`,
  dpop: key.proof('POST', RESOURCE, bound, { claims: { ...claims }, header }),
});

it.each(
  titled([
    { what: 'a malformed token', headers: bearer(MARK) },
    { what: 'a token with another key', headers: bearer(tokenWith({ sub: MARK }, {}, MARK)) },
    { what: 'a header', headers: bearer(tokenWith({}, { kid: MARK, alg: 'HS384' })) },
    { what: 'an issuer', headers: bearer(tokenWith({ iss: MARK })) },
    { what: 'an audience', headers: bearer(tokenWith({ aud: MARK })) },
    { what: 'an expired token', headers: bearer(tokenWith({ exp: 1, sub: MARK })) },
    { what: 'scopes', headers: bearer(tokenWith({ scope: MARK })) },
    { what: 'a bound token', headers: bearer(bound) },
    { what: 'a bare token', headers: { authorization: MARK } },
    { what: 'another scheme', headers: { authorization: `Basic ${MARK}` } },
    { what: 'two tokens', headers: bearer(`${MARK},Bearer ${MARK}`) },
    { what: 'a token with a space', headers: bearer(`${MARK} ${MARK}`) },
    { what: 'a query', headers: {}, url: `${RESOURCE}?access_token=${MARK}` },
    { what: 'a malformed proof', headers: { authorization: `DPoP ${bound}`, dpop: MARK } },
    { what: 'the method of a proof', headers: proving({ htm: MARK }) },
    { what: 'the URL of a proof', headers: proving({ htu: `${RESOURCE}/${MARK}` }) },
    { what: 'the key of a proof', headers: proving({}, { jwk: { ...key.jwk, kid: MARK, d: MARK } }) },
  ]),
)('A refusal shows nothing of %s', async (_, { headers, url }) => {
  const answer = await createGate().authenticate(requestWith(headers, url ? { url } : {}));
  if (!(answer instanceof Response)) throw new Error('It was admitted.');
  expect(leaked([await answer.text(), ...answer.headers])).toEqual([]);
});

it('A refusal shows nothing of the error that stopped the verification', async () => {
  const warnings: string[] = [];
  const onWarning = (message: string): void => void warnings.push(message);
  const auth = Object.assign(createAuthClient({ secret: SECRET, issuer: ISSUER, onWarning }), {
    verify: () => Promise.reject(new Error(MARK)),
  });
  const gate = protectMcp(auth, { resource: RESOURCE });
  const answer = (await gate.authenticate(requestWith(bearer(tokenWith())))) as Response;
  expect([answer.status, warnings.length]).toEqual([503, 1]);
  expect(leaked([await answer.text(), ...answer.headers, ...warnings])).toEqual([]);
});

it.each(Object.keys({ ...MCP_OPTIONS, ...VERIFIER_OPTIONS }))(
  'An error about the option "%s" does not show its value',
  (name) => {
    const auth = createAuthClient({ secret: SECRET, issuer: ISSUER });
    const given = { resource: RESOURCE, [name]: `https://user:${MARK}@api.example.com/ ${MARK}` };
    const make = name === 'invalidToken' ? createTokenVerifier : protectMcp;
    let error: unknown;
    try {
      Reflect.apply(make, undefined, [auth, given]);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'ERR_AUTH_CONFIG', message: expect.stringContaining(`"${name}"`) });
    expect(leaked([error])).toEqual([]);
  },
);

it.each(['Bearer TOKEN', 'DPoP TOKEN', 'Bearer TOKEN x', 'Basic x, Bearer TOKEN', 'TOKEN'])(
  'The last match of a regular expression does not keep the token of "%s"',
  async (value) => {
    const token = tokenWith();
    await createGate().authenticate(requestWith({ authorization: value.replace('TOKEN', token) }));
    expect(`${RegExp.$1}${RegExp.$2}${RegExp.input}${RegExp.lastMatch}${RegExp.leftContext}`).not.toContain(
      token,
    );
  },
);
