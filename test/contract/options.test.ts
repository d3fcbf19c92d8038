/** What every function promises about its options. What a single option accepts is tested beside the function. */
import { runInNewContext } from 'node:vm';
import { AuthError, type AuthErrorCode, createAuthClient, createAuthProvider } from 'intentkit-auth';
import { createDownstream } from 'intentkit-auth/downstream';
import { createTokenFunctions } from 'intentkit-auth/functions';
import { protectApi } from 'intentkit-auth/http';
import { createIntrospection } from 'intentkit-auth/introspection';
import { createTokenVerifier, protectMcp } from 'intentkit-auth/mcp';
import { createRevocationList } from 'intentkit-auth/revocation';
import { createTestIssuer } from 'intentkit-auth/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { DOWNSTREAM_OPTIONS, TARGET_OPTIONS } from '../../downstream/options.js';
import { FUNCTIONS_OPTIONS } from '../../functions/options.js';
import { GATE_OPTIONS } from '../../gate/config.js';
import { ROUTE_OPTIONS } from '../../gate/route.js';
import { INTROSPECTION_OPTIONS } from '../../introspection/options.js';
import { MCP_OPTIONS, VERIFIER_OPTIONS } from '../../mcp/config.js';
import { REVOCATION_OPTIONS } from '../../revocation/options.js';
import { SIGN_OPTIONS } from '../../src/claims/to-sign.js';
import { VERIFY_OPTIONS } from '../../src/client/verify-options.js';
import { CONFIG } from '../../src/config/schema.js';
import {
  TEST_FAULT_OPTIONS,
  TEST_ISSUER_OPTIONS,
  TEST_OPAQUE_TOKEN_OPTIONS,
  TEST_ROTATION_OPTIONS,
  TEST_TOKEN_OPTIONS,
} from '../../testing/options.js';
import { generateKeys } from '../support/mint.js';
import { SECRET } from '../support/secrets.js';
import { memoryStore } from '../support/stores.js';

interface Row {
  /** The function, and the option in which these options are nested. */
  readonly title: string;
  readonly of: string;
  /** What comes before their names in messages. */
  readonly path: string;
  readonly known: readonly string[];
  readonly make: (options: never) => unknown;
  /** Good options. */
  readonly valid: object;
  /** What is said where an object of options is missing. */
  readonly noObject: string;
  readonly code: AuthErrorCode;
  /** The values that are ignored, because they are not options. */
  readonly ignored?: readonly unknown[];
}

const auth = createAuthClient({ secret: SECRET, issuer: 'https://issuer.example/' });
const issuer = await createTestIssuer();
const invalidToken = (message: string): Error => new Error(message);
const onWarning = (): void => {};
const jwksUrl = 'https://issuer.example/jwks.json';
const remote = { audience: 'my-api', timeout: '2s', headers: { 'x-key': '1' }, cache: memoryStore() };

const signingKey = String(generateKeys('ES256').publicKey.export({ format: 'pem', type: 'spki' }));

function row(of: string, shape: object, make: Row['make'], valid: object, more: Partial<Row> = {}): Row {
  const noObject = `The options of ${of} must be an object.`;
  const known = Object.keys(shape);
  return { title: of, of, path: '', known, make, valid, noObject, code: 'ERR_AUTH_CONFIG', ...more };
}

/** The rows of options inside the option of a client. */
const nested = (path: string, shape: object, make: Row['make'], valid: object): Row => ({
  ...row('createAuthClient', shape, make, valid),
  title: `"${path}" of createAuthClient`,
  path: `${path}.`,
  noObject: `"${path}" must be an object of options.`,
});

const client = { secret: SECRET, issuer: 'own', audience: 'my-api', clockTolerance: '5s', onWarning };
const ofGate = {
  resource: 'https://api.example.com/mcp',
  requiredScopes: ['mcp'],
  initialScopes: ['files'],
  scopes: { admin: ['mcp'] },
  permissions: true,
  metadata: { resource_name: 'Files' },
  claims: z.object({ roles: z.array(z.string()) }),
  replayStore: memoryStore(),
};
const gate = protectApi(auth, ofGate);
const request = new Request(ofGate.resource);
const route = { scopes: ['files'], optional: false };
const ofRoute = (of: string, make: Row['make']): Row =>
  row(of, ROUTE_OPTIONS, make, route, {
    noObject: `The options of ${of} must be an object, such as { scopes: ["orders:read"] }.`,
  });
const introspection = {
  issuer: 'https://issuer.example',
  clientId: 'my-api',
  clientAuth: { secret: SECRET },
  timeout: '2s',
  signed: true,
  cacheMaxAge: '5s',
  maxConcurrent: 8,
  prefix: 'at_',
  onWarning,
};
const downstream = {
  issuer: 'https://issuer.example',
  clientId: 'my-api',
  clientAuth: { secret: SECRET },
  timeout: '2s',
  grant: 'token-exchange' as const,
  cache: memoryStore(),
  maxEntries: 8,
  onWarning,
};
const ROWS: readonly Row[] = [
  row('createAuthClient', CONFIG, createAuthClient, client),
  row('createAuthProvider', CONFIG, createAuthProvider, { ...client, name: 'tokens' }),
  nested('jwks', CONFIG.jwks, (jwks) => createAuthClient({ jwksUrl, jwks }), { ...remote, issuer: 'a' }),
  nested('issuers[0]', CONFIG.issuers[0], (entry) => createAuthClient({ issuers: [entry] }), {
    ...remote,
    issuer: 'https://issuer.example/',
    jwksUrl,
  }),
  nested('signingKeys[0]', CONFIG.signingKeys[0], (entry) => createAuthClient({ signingKeys: [entry] }), {
    publicKey: signingKey,
    sign: () => new Uint8Array(),
    timeout: '1s',
    algorithm: 'ES256',
    keyId: 'own',
  }),
  row('protectApi', GATE_OPTIONS, (options) => protectApi(auth, options), ofGate),
  row('protectMcp', MCP_OPTIONS, (options) => protectMcp(auth, options), {
    ...ofGate,
    publicTools: ['search'],
  }),
  ofRoute('authenticate', (options) => gate.authenticate(request, options)),
  ofRoute('fetch', (options) => gate.fetch(() => new Response(), options)),
  ofRoute('node', (options) => gate.node(options)),
  row('createTokenVerifier', VERIFIER_OPTIONS, (options) => createTokenVerifier(auth, options), {
    resource: 'https://api.example.com/mcp',
    scopes: { admin: ['mcp'] },
    invalidToken,
  }),
  row('createRevocationList', REVOCATION_OPTIONS, (options) => createRevocationList(memoryStore(), options), {
    timeout: '1s',
    onUnavailable: 'refuse',
    maxLifetime: '1d',
    onWarning,
  }),
  row('createDownstream', DOWNSTREAM_OPTIONS, createDownstream, downstream),
  row('for', TARGET_OPTIONS, (target) => createDownstream(downstream).for(target), {
    resource: 'https://api.example.com/',
    audience: 'api',
    scopes: ['read'],
  }),
  row('createIntrospection', INTROSPECTION_OPTIONS, createIntrospection, introspection),
  {
    ...row(
      'createIntrospection',
      INTROSPECTION_OPTIONS.clientAuth,
      (clientAuth) => createIntrospection({ ...introspection, clientAuth }),
      { secret: SECRET, in: 'body' },
    ),
    title: '"clientAuth" of createIntrospection',
    path: 'clientAuth.',
    noObject: '"clientAuth" must be an object of options.',
  },
  row('createTokenFunctions', FUNCTIONS_OPTIONS, createTokenFunctions, { provider: 'auth', prefix: 'my_' }),
  row('createTestIssuer', TEST_ISSUER_OPTIONS, createTestIssuer, {
    algorithm: 'ES256',
    url: 'https://issuer.test',
    audience: ['my-api'],
  }),
  row('token', TEST_TOKEN_OPTIONS, (options) => issuer.token({}, options), {
    expiresIn: '-5m',
    audience: 'my-api',
    keyId: 'unknown',
    header: { typ: 'at+jwt' },
  }),
  row('opaqueToken', TEST_OPAQUE_TOKEN_OPTIONS, (options) => issuer.opaqueToken({}, options), {
    expiresIn: '-5m',
    audience: 'my-api',
  }),
  row('rotate', TEST_ROTATION_OPTIONS, (options) => issuer.rotate(options), { keepOld: true }),
  row('fail', TEST_FAULT_OPTIONS, (options) => [issuer.fail('503', options)], { only: 'keys' }),
  row(
    'sign',
    SIGN_OPTIONS,
    (options) => auth.sign({}, options),
    { subject: 'user-1', expiresIn: '5m', claims: { role: 'reader' } },
    { code: 'ERR_SIGN_INPUT' },
  ),
  row(
    'verify',
    VERIFY_OPTIONS,
    (options) => auth.verify('', options),
    { claims: z.object({ sub: z.string() }) },
    { ignored: [5, 'text', null] },
  ),
];

/** A copy of some options in which one is replaced. */
const replaced = (options: object, name: string, property: PropertyDescriptor): object =>
  Object.defineProperty({ ...options }, name, { enumerable: true, configurable: true, ...property });
const without = (options: object, name: string): object =>
  Object.fromEntries(Object.entries(options).filter(([other]) => other !== name));

describe.each(ROWS)(
  'The options of $title',
  ({ of, path, known, make, valid, noObject, code, ignored = [] }) => {
    const attempt = async (options: unknown): Promise<unknown> => make(options as never);
    const expectRefused = (options: unknown, message: string): Promise<void> =>
      expect(attempt(options), message).rejects.toEqual(new AuthError(code, message));
    const expectAccepted = (options: object): Promise<void> =>
      expect(attempt(options)).resolves.toEqual(expect.anything());

    it.each<[what: string, change: (options: object) => object]>([
      ['as they are', (options) => options],
      ['that are frozen', Object.freeze],
      ['without a prototype', (options) => Object.assign(Object.create(null), options)],
      ['of another realm', (options) => Object.assign(runInNewContext('({})'), options)],
      ['that an instance of a class has itself', (options) => Object.assign(new (class {})(), options)],
      ['with a symbol beside them', (options) => ({ ...options, [Symbol('option')]: undefined })],
      [
        'that cannot be enumerated',
        (options) => {
          const hidden = Object.getOwnPropertyDescriptors(options);
          for (const property of Object.values(hidden)) property.enumerable = false;
          return Object.defineProperties({}, hidden);
        },
      ],
    ])('are accepted %s', async (_, change) => {
      await expectAccepted(change({ ...valid }));
    });

    it('are an object', async () => {
      const none = [5, 'text', [], [valid], () => valid, ...(path ? [] : [null])];
      for (const options of none) {
        if (ignored.includes(options)) await expect(attempt(options)).resolves.toEqual(expect.anything());
        else await expectRefused(options, noObject);
      }
      if (path)
        await expectRefused(
          null,
          ['jwks.', 'clientAuth.'].includes(path)
            ? `"${path.slice(0, -1)}" is null: give it a value or leave it out.`
            : noObject,
        );
    });

    it.each([...known, 'unknown'])('never have "%s" as undefined or null', async (name) => {
      for (const value of [undefined, null]) {
        const problem = known.includes(name)
          ? `is ${value}: give it a value or leave it out.`
          : `is not an option of ${of}.`;
        const says = expect.stringContaining(`"${path}${name}" ${problem}`);
        const refused = attempt({ ...valid, [name]: value });
        await expect(refused).rejects.toMatchObject({ name: 'AuthError', code, message: says });
      }
    });

    it.each(known)('never inherit "%s"', async (name) => {
      const own = without(valid, name);
      const says = `"${path}${name}" is inherited from a class: copy the options into a plain object.`;
      class WithGetter {}
      Object.defineProperty(WithGetter.prototype, name, { get: () => expect.unreachable() });
      class Derived extends WithGetter {}
      const bare = Object.assign(Object.create(null), { [name]: 'x' });
      for (const options of [
        new WithGetter(),
        new Derived(),
        Object.create({ [name]: undefined }),
        Object.create(bare),
      ]) {
        await expectRefused(
          Object.assign(Object.defineProperties(options, Object.getOwnPropertyDescriptors(own))),
          says,
        );
      }
    });

    it.each(Object.keys(valid))('are read once: what was checked of "%s" is what is used', async (name) => {
      let reads = 0;
      const get = (): unknown => {
        reads += 1;
        return reads === 1 ? Reflect.get(valid, name) : Symbol('another');
      };
      await expectAccepted(replaced(valid, name, { get }));
      expect(reads).toBe(1);
    });

    it.each(known)(
      'are refused when "%s" throws, and the error does not repeat what it threw',
      async (name) => {
        const get = (): never => {
          throw new Error(SECRET);
        };
        await expectRefused(
          replaced(valid, name, { get }),
          `"${path}${name}" throws when it is read: give its value.`,
        );
      },
    );

    it.each(known)('that are near to "%s" are refused with that name', async (name) => {
      const snake = name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
      for (const wrong of [`${name}x`, name.toUpperCase(), `_${snake}`]) {
        const says = `"${path}${wrong}" is not an option of ${of}. Did you mean "${path}${name}"?`;
        await expectRefused({ ...valid, [wrong]: 'x' }, says);
      }
    });

    it('that have the name of another library are refused with the name that they have here', async () => {
      const here = ['issuers', 'issuer'].find((one) => known.includes(one));
      for (const name of ['issuerBaseURL', 'domain']) {
        const says = here ? ` Did you mean "${path}${here}"?` : '';
        const message = `"${path}${name}" is not an option of ${of}.${says}`;
        await expect(attempt({ ...valid, [name]: 'x' })).rejects.toMatchObject({
          message: expect.stringContaining(message),
        });
      }
    });

    it('that are near to none are refused with all names where these are few', async () => {
      const names = known.map((name) => `"${path}${name}"`).join(', ');
      const hint = known.length > 5 ? '' : ` Its options are ${names}.`;
      for (const name of ['colour', '__proto__', '', 'a"b', 'x'.repeat(100_000)]) {
        const options = replaced(valid, name, { value: 'x' });
        await expectRefused(options, `${JSON.stringify(path + name)} is not an option of ${of}.${hint}`);
      }
    });

    it.each(known)(
      'are not those of a polluted Object.prototype: "%s" is neither read nor refused',
      async (name) => {
        const own = without(valid, name);
        const outcome = (options: object): Promise<string> => attempt(options).then(() => 'accepted', String);
        const expected = [await outcome(own), 'accepted'];
        let reads = 0;
        const get = (): void => {
          reads += 1;
        };
        Object.defineProperty(Object.prototype, name, { get, enumerable: true, configurable: true });
        const found = await Promise.all([outcome(own), outcome(valid)]).finally(() =>
          Reflect.deleteProperty(Object.prototype, name),
        );
        expect({ found, reads }).toEqual({ found: expected, reads: 0 });
      },
    );
  },
);
