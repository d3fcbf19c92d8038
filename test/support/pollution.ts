// What may be on a polluted `Object.prototype`: values that do harm, and every name of a member that the sources use.
import { createHash } from 'node:crypto';
import { createDpopKey } from './dpop.js';
import { ISSUER, RESOURCE, tokenWith } from './gate.js';
import { generateKeys } from './mint.js';

/** When everything happens, in seconds since the epoch. */
export const NOW = 1_750_000_000;

/** The key and the token of a DPoP client, which the harmful values are made for. */
export const proofKey = createDpopKey();
export const BOUND = tokenWith({ exp: NOW + 60, cnf: { jkt: proofKey.thumbprint } });

/** The keys of a set whose public one is published without its `y`. */
export const incompleteKeys = generateKeys('ES256', 'k3');

export const throws = (): never => {
  throw new Error('polluted');
};

/** Values that would do the most harm. Every other name gets a text. */
const HARMFUL: ReadonlyArray<readonly [name: string, value: unknown]> = [
  ...Object.entries({
    // Options.
    secret: 'a-secret-of-an-attacker-0123456789',
    jwksUrl: 'https://attacker.example/jwks.json',
    jwks: { issuer: 'https://attacker.example/' },
    issuers: [{ issuer: 'https://attacker.example/' }],
    issuer: 'https://attacker.example/',
    audience: 'another-api',
    algorithm: 'HS512',
    algorithms: ['ES512'],
    defaultExpiry: '10y',
    maxExpiry: '1s',
    clockTolerance: '10y',
    requiredClaims: ['polluted'],
    maxTokenAge: '1s',
    onWarning: throws,
    timeout: '1ms',
    cooldown: '10y',
    cacheMaxAge: '10y',
    staleIfError: '10y',
    headers: { polluted: 'yes' },
    fetch: throws,
    dangerouslyAllowHttp: true,
    cache: { get: () => 'polluted', set: () => 'polluted' },
    revocation: { isRevoked: (): boolean => true },
    isRevoked: (): boolean => true,
    revoke: (): string => 'polluted',
    onVerdict: throws,
    expiresIn: '10y',
    requiredScopes: ['polluted'],
    scopes: ['mcp', 'admin'],
    permissions: true,
    optional: true,
    scopesSupported: ['polluted'],
    initialScopes: ['polluted'],
    metadata: { resource: 'https://attacker.example/' },
    publicTools: ['delete'],
    dpop: 'off',
    dpopMaxAge: '5m',
    replayStore: { get: () => 'polluted', set: () => 'polluted' },
    authorizationServers: ['https://attacker.example/'],
    invalidToken: throws,
    resource: 'https://attacker.example/',
    onUnavailable: 'accept',
    maxLifetime: '1s',
    throwOnErrors: false,
    endpoint: 'https://attacker.example/',
    clientId: 'attacker',
    clientAuth: { secret: 'a secret of an attacker' },
    in: 'body',
    privateKey: proofKey.jwk,
    sign: throws,
    keyId: 'polluted',
    signed: true,
    prefix: 'polluted',
    maxConcurrent: 1000,
    introspection: { issuer: ISSUER, introspect: async () => ({ sub: 'admin', aud: RESOURCE }) },
    grant: 'entra-on-behalf-of',
    maxEntries: 1,
    redirect: 'follow',
    // Answers of an issuer.
    active: true,
    access_token: 'a-token-of-an-attacker',
    token_type: 'DPoP',
    issued_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    expires_in: 9e9,
    error: 'polluted',
    token_introspection: { active: true, sub: 'admin', aud: RESOURCE },
    introspection_endpoint: 'https://attacker.example/',
    token_endpoint: 'https://attacker.example/',
    // Claims, header parameters and members of keys.
    iss: ISSUER,
    aud: RESOURCE,
    sub: 'admin',
    subject: 'admin',
    exp: NOW + 999_999,
    nbf: NOW + 999_999,
    iat: NOW,
    jti: 'polluted',
    scope: 'mcp admin',
    scp: ['mcp', 'admin'],
    client_id: 'admin',
    claims: { role: 'admin' },
    cnf: { jkt: proofKey.thumbprint },
    jkt: proofKey.thumbprint,
    htm: 'POST',
    htu: RESOURCE,
    kid: 'k2',
    typ: 'dpop+jwt',
    crit: { foo: false },
    b64: false,
    jwk: proofKey.jwk,
    kty: 'EC',
    y: incompleteKeys.jwk.y,
    e: 'AQAB',
    use: 'enc',
    key_ops: ['sign'],
    oth: [{ r: 'AQAB', d: 'AQAB', t: 'AQAB' }],
    // Our own objects and results, and the objects of servers.
    rules: { requiredClaims: [], clockTolerance: 999_999 },
    clientIds: ['polluted'],
    noCache: true,
    wanted: {},
    skipStore: true,
    auth: { sign: throws, verify: throws, revoke: throws, decode: throws, status: throws },
    authInfo: { token: 'x', clientId: 'admin', scopes: ['mcp', 'admin'], expiresAt: 9e9, extra: {} },
    refusal: { status: 401, description: 'polluted' },
    valid: true,
    expired: true,
    payload: { sub: 'admin' },
    status: 503,
    retryAfter: 9999,
    keys: [],
    originalUrl: '/polluted',
    headersSent: true,
    url: 'https://attacker.example/',
  }),
  // More than one value of a name can do harm.
  ['crit', ['polluted']],
  ['typ', 'at+jwt'],
  ['jti', 5],
  ['exp', 1],
  ['iat', 'now'],
  ['valid', false],
  ['active', false],
  ['token_type', 'Bearer'],
  ['audience', ISSUER],
  ['use', 'sig'],
  ['alg', 'none'],
  ['ath', createHash('sha256').update(BOUND).digest('base64url')],
];

/** Names that break the runtime itself. */
const UNTESTABLE: Readonly<Record<string, string>> = {
  get: 'a property descriptor must not inherit it',
  set: 'a property descriptor must not inherit it',
  value: 'a property descriptor must not inherit it',
  writable: 'a property descriptor must not inherit it',
  cancel: 'every Response of Node reads it',
  required: 'every Response of Node reads it',
};
/**
 * Names that a dependency or the runtime reads where it should not. Then what was admitted may be refused, or a sentence
 * may change. What was refused must stay refused.
 */
export const READ_BY_OTHERS: Readonly<Record<string, string>> = {
  alg: 'importKey of Web Crypto',
  d: 'importKey of Web Crypto',
  use: 'importKey of Web Crypto',
  key_ops: 'importKey of Web Crypto',
  oth: 'importKey of Web Crypto, and createPublicKey and createPrivateKey, since Node 26',
  hash: 'Web Crypto',
  length: 'Web Crypto',
  dsaEncoding: 'sign and verify of node:crypto',
  padding: 'sign and verify of node:crypto',
  saltLength: 'sign and verify of node:crypto',
  crit: 'compactVerify of jose',
  resolve: 'importJWK of jose',
  secret: 'compactVerify of jose',
  message: 'zod',
  path: 'zod',
};

type Pollution = Readonly<Record<string, unknown>>;
/** Says whether a program can run while `Object.prototype` has this name. */
export const isTestable = (name: string): boolean => !(name in Object.prototype) && !(name in UNTESTABLE);

const single = new Set([...HARMFUL.map(([name]) => name), ...Object.keys(READ_BY_OTHERS)]);

/** What is on `Object.prototype` at a time: one value that may do harm, or ten texts under names that we use. */
export function pollutionsOf(names: readonly string[]): Pollution[] {
  const others = names.filter((name) => !single.has(name));
  return [
    ...HARMFUL.map(([name, value]) => ({ [name]: value })),
    ...Object.keys(READ_BY_OTHERS).map((name) => ({ [name]: 'polluted' })),
    ...Array.from({ length: Math.ceil(others.length / 10) }, (_, index) =>
      Object.fromEntries(others.slice(index * 10, index * 10 + 10).map((name) => [name, 'polluted'])),
    ),
  ];
}
