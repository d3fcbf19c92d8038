import { createAuthClient } from 'intentkit-auth';
import { createTokenVerifier } from 'intentkit-auth/mcp';
import { expect, it, onTestFinished } from 'vitest';
import { clientFrom } from '../../../src/client/client.js';
import { parseConfig } from '../../../src/config/parse.js';
import { joseEngine } from '../../../src/signature/jose.js';
import { createDpopKey } from '../../support/dpop.js';
import { createGate, outcomeOf, RESOURCE, requestWith, SECRET, tokenWith } from '../../support/gate.js';

const ADMIN = { token: 'x', clientId: 'admin', scopes: ['mcp', 'admin'], expiresAt: 9e9, extra: {} };

function pollute(name: string, value: unknown): void {
  Object.defineProperty(Object.prototype, name, { value, configurable: true, writable: true });
  onTestFinished(() => void Reflect.deleteProperty(Object.prototype, name));
}

it('A polluted "authInfo" admits nobody', async () => {
  const auth = createAuthClient({ secret: SECRET, audience: RESOURCE });
  const verifier = createTokenVerifier(auth, {
    resource: RESOURCE,
    invalidToken: (message) => new Error(message),
  });
  const gate = createGate();
  pollute('authInfo', ADMIN);
  await expect(verifier.verifyAccessToken('garbage')).rejects.toThrow('The token is malformed.');
  expect(gate.requireScopes('admin')({})).toMatchObject({ scopes: ['mcp', 'admin'] });
  expect((await outcomeOf(await gate.authenticate(requestWith()))).status).toBe(401);
});

it('A polluted "refusal" refuses nobody', async () => {
  const gate = createGate();
  pollute('refusal', { status: 401, description: 'x' });
  const request = requestWith({ authorization: `Bearer ${tokenWith()}` });
  expect((await outcomeOf(await gate.authenticate(request))).status).toBe(200);
});

it('A polluted "typ" makes no proof of a JWT that has none', async () => {
  const key = createDpopKey();
  const token = tokenWith({ cnf: { jkt: key.thumbprint } });
  const proof = key.proof('POST', RESOURCE, token, { header: { typ: undefined } });
  const gate = createGate();
  pollute('typ', 'dpop+jwt');
  const request = requestWith({ authorization: `DPoP ${token}`, dpop: proof });
  expect((await outcomeOf(await gate.authenticate(request))).status).toBe(401);
});

it('A polluted "crit" makes no extension known', async () => {
  const client = clientFrom(parseConfig({ secret: SECRET, audience: RESOURCE }), joseEngine);
  const token = tokenWith({}, { crit: ['foo'], foo: 1 });
  pollute('crit', { foo: false });
  expect(await client.verify(token)).toMatchObject({ valid: false, reason: 'malformed' });
});

it('The gate leaves no token behind in the last match of an expression', async () => {
  const token = tokenWith();
  await createGate().authenticate(requestWith({ authorization: `Bearer ${token}` }));
  expect(`${RegExp.$1}${RegExp.$2}${RegExp.input}`).not.toContain(token);
});
