import * as z from 'zod/mini';
import type { ClaimRules } from '../claims/check.js';
import { isBounded } from '../shared/deadline.js';
import { headersOf } from '../shared/headers.js';
import { memberOf, withoutPrototype } from '../shared/own-properties.js';
import { encodeUtf8 } from '../shared/runtime.js';
import {
  aFunction,
  boundMethods,
  isBytes,
  milliseconds,
  millisecondsOrNone,
  nonEmpty,
  oneOf,
  oneOrMore,
  readBy,
  seconds,
  secondsOrNone,
  store,
  text,
  texts,
  trueOrFalse,
} from '../shared/schema.js';
import type { Checked } from '../shared/shape.js';
import { spellingsOf } from '../shared/url.js';
import type { WarningHandler } from '../shared/warnings.js';
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from '../signature/algorithms.js';
import { isAsymmetricKeyText } from './asymmetric-key-text.js';
import type {
  Fetch,
  HeadersFunction,
  Introspection,
  Revocation,
  SignHandler,
  VerdictHandler,
} from './options.js';
import { SIGNING_KEY } from './signing-keys.js';

/*
 * The options of a client. After the check, `timeout`, `cooldown`, `cacheMaxAge` and `staleIfError` are in milliseconds, and
 * all other durations are in seconds.
 */

const secret = z.custom<string | Uint8Array>(
  (value) => (typeof value === 'string' || isBytes(value)) && value.length > 0,
);
const secrets = z.pipe(
  z.pipe(
    oneOrMore(secret, 'a non-empty string or Uint8Array, or a non-empty list of them'),
    z.transform((value) =>
      [value].flat().map((one) => (isBytes(one) ? new Uint8Array(one) : encodeUtf8(one))),
    ),
  ),
  z.custom<Uint8Array<ArrayBuffer>[]>(
    (value) => !(value as Uint8Array[]).some(isAsymmetricKeyText),
    'random bytes, not the text of a PEM, JWK or JWKS key; give a private key as "signingKeys", and get public keys from "jwksUrl"',
  ),
);

const url = readBy(
  (value) => (typeof value === 'string' && URL.canParse(value) ? new URL(value) : undefined),
  'the text of a URL, such as "https://example.com/.well-known/jwks.json"',
);

const headers = readBy(
  (value) => (typeof value === 'function' ? (value as HeadersFunction) : headersOf(value)),
  'an object of valid header names and values, or a function that returns one',
);

/** All spellings of each audience. The first is the one that was configured. */
const audiences = z.pipe(
  texts,
  z.transform((list): readonly string[] => [...new Set(list.flatMap(spellingsOf))]),
);

const CLIENT_IDS = 'a non-empty list of client ids';
const CLAIM_NAMES = 'a list of claim names';
const SIGNATURE_ALGORITHMS = `a non-empty list of ${ASYMMETRIC_ALGORITHMS.join(', ')}`;
const ALGORITHMS = [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS] as const;

/** The rules for claims. The top level, `jwks` and each entry of `issuers` accept them. */
const rules = {
  issuer: texts,
  audience: audiences,
  clientIds: z.array(nonEmpty(CLIENT_IDS), CLIENT_IDS).check(z.minLength(1, CLIENT_IDS)),
  typ: text,
  requiredClaims: z.array(nonEmpty(CLAIM_NAMES), CLAIM_NAMES),
  maxTokenAge: seconds,
} satisfies Record<Exclude<keyof ClaimRules, 'clockTolerance'>, z.ZodMiniType>;

/** The rules that were given at one of these places. */
export type GivenRules = Checked<typeof rules>;

/** Picks the rules from the options of the top level, of `jwks` or of an entry of `issuers`. */
export const rulesAmong = (options: GivenRules): GivenRules =>
  withoutPrototype(
    Object.fromEntries(Object.entries(options).filter(([name]) => Object.hasOwn(rules, name))),
  );

const jwks = {
  ...rules,
  algorithms: z
    .array(oneOf(ASYMMETRIC_ALGORITHMS, SIGNATURE_ALGORITHMS), SIGNATURE_ALGORITHMS)
    .check(z.minLength(1, SIGNATURE_ALGORITHMS)),
  timeout: milliseconds,
  cooldown: milliseconds,
  cacheMaxAge: milliseconds,
  staleIfError: millisecondsOrNone,
  cache: store,
  headers,
  fetch: aFunction<Fetch>(),
  dangerouslyAllowHttp: trueOrFalse,
};

const oneIssuer = z.pipe(
  text,
  z.transform((issuer): readonly string[] => [issuer]),
);
const issuerEntry = { ...jwks, issuer: z.nonoptional(oneIssuer), jwksUrl: url };

/** The options for the keys of one identity provider. */
export type GivenRemote = Checked<typeof jwks>;
/** An entry of `issuers`. */
export type GivenIssuer = Checked<typeof issuerEntry>;

/** A revocation list, and whether it has deadlines of its own. */
export interface RevocationHook extends Revocation {
  readonly isBounded: boolean;
}

const revocation = readBy((value): RevocationHook | undefined => {
  const hook = boundMethods<Revocation>(value, ['isRevoked'], ['revoke']);
  // The methods of a list of this package may have been replaced, for example by wrappers.
  const methods = Object.keys(hook ?? {}).map((name) => memberOf(value as object, name));
  return hook && Object.assign(hook, { isBounded: methods.every((method) => isBounded(Object(method))) });
}, 'an object with "isRevoked", such as createRevocationList makes');

/** An introspection, and whether it has deadlines of its own. */
export interface IntrospectionHook extends Introspection {
  readonly isBounded: boolean;
}

const introspection = readBy((value): IntrospectionHook | undefined => {
  const hook = boundMethods<Introspection>(value, ['introspect'], ['status']);
  if (!hook) return undefined;
  const [issuer, prefix = '', introspect] = ['issuer', 'prefix', 'introspect'].map((name) =>
    memberOf(value as object, name),
  );
  if (typeof issuer !== 'string' || issuer === '' || typeof prefix !== 'string') return undefined;
  return Object.assign(hook, { issuer, prefix, isBounded: isBounded(Object(introspect)) });
}, 'an object with "issuer" and "introspect", such as createIntrospection makes');

/** The options of `createAuthClient` and `createAuthProvider`. */
export const CONFIG = {
  ...rules,
  secret: secrets,
  signingKeys: [SIGNING_KEY],
  jwksUrl: url,
  jwks,
  issuers: [issuerEntry],
  algorithm: oneOf(ALGORITHMS, `one of ${ALGORITHMS.join(', ')}`),
  defaultExpiry: seconds,
  maxExpiry: seconds,
  clockTolerance: secondsOrNone,
  name: text,
  revocation,
  introspection,
  onVerdict: aFunction<VerdictHandler>(),
  onSign: aFunction<SignHandler>(),
  onWarning: aFunction<WarningHandler>(),
} as const;
