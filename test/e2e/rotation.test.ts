// Own keys rotate, and a secret gives way to a key, in the order of docs/keys.md. Nothing is refused on the way.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import express from 'express';
import { Hono } from 'hono';
import { type AuthClient, type AuthProviderConfig, createAuthClient } from 'intentkit-auth';
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import jsonwebtoken from 'jsonwebtoken';
import { JwksClient } from 'jwks-rsa';
import { expect, it, onTestFinished, vi } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';
import { answerOf, connectAgent } from '../support/mcp-agent.js';
import { SECRET } from '../support/secrets.js';

vi.setConfig({ testTimeout: 60_000 });

const AGENT = await bundleScript('test/e2e/fixtures/own-key-agent.ts');
const ISSUER = 'https://agents.example.com';
const keyPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { sign: { privateKey }, verify: { publicKey } };
};
const headers = { 'cache-control': 'public, max-age=1' };
/** How long callers keep a token. */
const KEPT_MS = 1000;
/** Longer than verifiers keep a key set, and than callers keep a token. */
const PASSES_MS = 1500;

/** A service that signs. Each deployment has another configuration. */
async function startSigner(first: AuthProviderConfig) {
  const clientOf = (config: AuthProviderConfig): AuthClient =>
    createAuthClient({ issuer: ISSUER, audience: 'orders', ...config });
  const service = { auth: clientOf(first), published: clientOf(first) };
  const app = express();
  app.get('/jwks', (_, response) => void response.set(headers).json(service.published.jwks()));
  const server = app.listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    service,
    jwksUrl: `http://127.0.0.1:${port}/jwks`,
    deploy(config: AuthProviderConfig): void {
      service.auth = clientOf(config);
      service.published = service.auth;
    },
    publish(config: AuthProviderConfig): void {
      service.published = clientOf(config);
    },
  };
}

/** Signs and verifies without a pause until it is stopped. Returns what went wrong, and the algorithms and keys of the tokens. */
function startLoad(sign: () => Promise<string>, verifiers: readonly ((token: string) => Promise<unknown>)[]) {
  const problems: unknown[] = [];
  const keys = new Set<string>();
  let count = 0;
  let isStopped = false;
  const work = async (): Promise<void> => {
    const kept: { token: string; at: number }[] = [];
    while (!isStopped) {
      kept.push({ token: await sign(), at: performance.now() });
      while (kept[0] && performance.now() - kept[0].at > KEPT_MS) kept.shift();
      for (const { token } of [...kept.slice(0, 1), ...kept.slice(-1)]) {
        const { alg, kid = 'none' } = decodeProtectedHeader(token);
        keys.add(`${alg} ${kid}`);
        await Promise.all(verifiers.map((verify) => verify(token))).catch((error) => problems.push(error));
        count += 1;
      }
      await setTimeout(5);
    }
  };
  const workers = Promise.all([work(), work(), work()]);
  return async () => {
    isStopped = true;
    await workers;
    return { problems, keys: [...keys], count };
  };
}

const accepted = (auth: AuthClient) => async (token: string) => {
  const { valid, message } = await auth.verify(token);
  if (!valid) throw new Error(message);
};

/** jwks-rsa looks up the key, and jsonwebtoken verifies with it, as most of their users have it. */
function byJwksRsa(jwksUri: string): (token: string) => Promise<unknown> {
  const client = new JwksClient({ jwksUri, cacheMaxAge: 1000 });
  return async (token) => {
    const { kid } = decodeProtectedHeader(token);
    const key = await client.getSigningKey(kid);
    return jsonwebtoken.verify(token, key.getPublicKey(), {
      algorithms: ['ES256'],
      issuer: ISSUER,
      audience: 'orders',
    });
  };
}

it('a key rotates under load: no verifier of this package, of jose or of jwks-rsa refuses a token', async () => {
  const [one, two] = [keyPair(), keyPair()];
  const { service, jwksUrl, deploy } = await startSigner({ signingKeys: [{ ...one.sign, keyId: 'one' }] });
  const jwks = { issuer: ISSUER, audience: 'orders', cacheMaxAge: '1s' };
  const remote = createRemoteJWKSet(new URL(jwksUrl), { cacheMaxAge: 1000 });
  const stop = startLoad(
    () => service.auth.sign({}, { expiresIn: '10s' }),
    [
      accepted(createAuthClient({ jwksUrl, jwks })),
      accepted(createAuthClient({ issuers: [{ ...jwks, jwksUrl }] })),
      (token) => jwtVerify(token, remote, { issuer: ISSUER, audience: 'orders' }),
      byJwksRsa(jwksUrl),
    ],
  );
  await setTimeout(200);
  deploy({
    signingKeys: [
      { ...one.sign, keyId: 'one' },
      { ...two.verify, keyId: 'two' },
    ],
  });
  expect(service.auth.status().signingKeyIds).toEqual(['one', 'two']);
  await setTimeout(PASSES_MS);
  deploy({
    signingKeys: [
      { ...two.sign, keyId: 'two' },
      { ...one.verify, keyId: 'one' },
    ],
  });
  await setTimeout(PASSES_MS);
  deploy({ signingKeys: [{ ...two.sign, keyId: 'two' }] });
  await setTimeout(PASSES_MS);
  const { problems, keys, count } = await stop();
  expect(problems).toEqual([]);
  expect(keys).toEqual(['ES256 one', 'ES256 two']);
  expect(count).toBeGreaterThan(100);
});

it('a service moves from a secret to a key under load: no token is refused', async () => {
  const { sign } = keyPair();
  const { service, jwksUrl, deploy, publish } = await startSigner({ secret: SECRET });
  const first = { signingKeys: [{ ...sign, keyId: 'first' }] };
  // Steps 1 and 2: the keys are published, and whoever verifies knows them beside the secret. So do old replicas of the signer.
  publish(first);
  const rules = { issuer: ISSUER, audience: 'orders', onWarning: () => {} };
  const verifier = createAuthClient({ ...rules, secret: SECRET, jwksUrl });
  const stop = startLoad(
    () => service.auth.sign({}, { expiresIn: '10s' }),
    [accepted(verifier), (token) => accepted(service.auth)(token)],
  );
  await setTimeout(200);
  expect(await verifier.ping()).toBe(true);
  // Step 3: the service signs with the key.
  deploy({ secret: SECRET, ...first });
  await setTimeout(PASSES_MS);
  // Step 5: nobody knows the secret any more.
  deploy(first);
  await setTimeout(200);
  const { problems, keys, count } = await stop();
  expect(problems).toEqual([]);
  expect(keys).toEqual(['HS256 none', 'ES256 first']);
  expect(count).toBeGreaterThan(50);
  const after = createAuthClient({ ...rules, jwksUrl });
  expect((await after.verify(await service.auth.sign({}))).valid).toBe(true);
  expect(after.status().algorithms).not.toContain('HS256');
});

it('the recipes for express, hono and web standard servers serve the same keys', async () => {
  const config = { issuer: ISSUER, signingKeys: [keyPair().sign] };
  const { service, jwksUrl } = await startSigner(config);
  const hono = new Hono().get('/jwks', (context) => context.json(service.auth.jwks(), 200, headers));
  const standard = (): Response => Response.json(service.auth.jwks(), { headers });
  for (const response of [await fetch(jwksUrl), await hono.request('/jwks'), standard()]) {
    expect(response.headers.get('content-type')).toMatch(/^application\/json/);
    expect(response.headers.get('cache-control')).toBe('public, max-age=1');
    expect(await response.json()).toEqual(service.auth.jwks());
  }
});

it('an agent mints with `create_token`, and another service verifies through `jwksUrl`', async () => {
  const { privateKey } = keyPair().sign;
  const agent = await connectAgent({
    args: [AGENT],
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    env: { SIGNING_KEY: String(privateKey.export({ format: 'pem', type: 'pkcs8' })) },
  });
  onTestFinished(() => agent.close());
  const { token } = await answerOf(agent, 'create_token', { subject: 'user-1', expires_in: '5m' });
  expect(await answerOf(agent, 'verify_token', { token })).toMatchObject({ valid: true });
  const { jwksUrl } = await startSigner({ signingKeys: [{ privateKey }] });
  const service = createAuthClient({ jwksUrl, issuer: ISSUER, audience: 'orders' });
  expect(await service.verify(token)).toMatchObject({ valid: true, payload: { sub: 'user-1' } });
  await expect(service.sign({})).rejects.toMatchObject({ code: 'ERR_NO_SIGNING_KEY' });
});
