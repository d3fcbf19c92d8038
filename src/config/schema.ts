import * as z from 'zod/mini';
import { parseMilliseconds, parseWholeSeconds } from '../shared/duration.js';
import { methodOf, withoutPrototype } from '../shared/own-properties.js';
import { encodeUtf8 } from '../shared/runtime.js';
import type { Store } from '../shared/store.js';
import type { WarningHandler } from '../shared/warnings.js';
import { ASYMMETRIC_ALGORITHMS, HMAC_ALGORITHMS } from '../signature/algorithms.js';
import { isAsymmetricKeyText } from './asymmetric-key-text.js';
import type { Fetch, Revocation, VerdictHandler } from './options.js';

/*
 * What each option accepts. The error of a schema says what the option must be: `parseConfig` puts the option's
 * name before it, as in `"timeout" must be a duration longer than zero …`.
 */

const nonEmpty = (error: string) => z.string(error).check(z.minLength(1, error));
const text = nonEmpty('a non-empty string');

const oneOrMore = <T extends z.ZodMiniType>(one: T, error: string) =>
  z.union([one, z.array(one, error).check(z.minLength(1, error))], error);

const TEXTS = 'a non-empty string or a non-empty list of them';
const texts = z.pipe(
  oneOrMore(nonEmpty(TEXTS), TEXTS),
  z.transform((value): readonly string[] => [value].flat()),
);

const LONGER_THAN_ZERO = 'a duration longer than zero and at most 100 years, such as "30s", "15m" or "7d"';
const ONE_SECOND = 'a duration of at least one second and at most 100 years, such as "30s", "15m" or "7d"';
const ANY_DURATION = 'a duration of at most 100 years, such as "30s", "15m" or "7d"';

const duration = (parse: (text: unknown) => number | undefined, least: number, error: string) =>
  z.pipe(
    z.string(error).check(z.refine((value) => (parse(value) ?? -1) >= least, error)),
    z.transform((value) => parse(value) ?? 0),
  );
// A claim's time is in whole seconds, so a lifetime of "0.2s" would be none.
const seconds = duration(parseWholeSeconds, 1, ONE_SECOND);
const secondsOrNone = duration(parseWholeSeconds, 0, ANY_DURATION);
const milliseconds = duration(parseMilliseconds, 1, LONGER_THAN_ZERO);
const millisecondsOrNone = duration(parseMilliseconds, 0, ANY_DURATION);

const aFunction = <F>() => z.custom<F>((value) => typeof value === 'function', 'a function');

/** The methods of an object, which its class may define, each read once and bound to it. */
const methods = <T extends object>(
  names: readonly (keyof T & string)[],
  required: readonly (keyof T & string)[],
  error: string,
) => {
  const bound = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return {};
    const found = names.map((name) => [name, methodOf(value, name)] as const);
    return withoutPrototype(Object.fromEntries(found.filter(([, method]) => method)));
  };
  const hasRequired = (value: unknown): boolean =>
    required.every((name) => Object.hasOwn(value as object, name));
  return z.pipe(
    z.pipe(z.transform(bound), z.custom<unknown>(hasRequired, error)),
    z.transform((value) => value as T),
  );
};

// Not `instanceof Uint8Array`, which refuses the arrays of another realm, as test runners make them. `isView` cannot
// be fooled by an object that only calls itself one.
const isBytes = (value: unknown): value is Uint8Array =>
  ArrayBuffer.isView(value) && Object.prototype.toString.call(value) === '[object Uint8Array]';

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
    'random bytes, not the text of a PEM, JWK or JWKS key; asymmetric keys come from "jwksUrl"',
  ),
);

const A_URL = 'the text of a URL, such as "https://example.com/.well-known/jwks.json"';
const url = z.pipe(
  z.string(A_URL).check(z.refine((value) => URL.canParse(value), A_URL)),
  z.transform((value) => new URL(value)),
);

const HEADERS = 'an object of valid header names and values';
const headers = z.pipe(
  z.record(z.string(), z.string('text'), HEADERS).check(z.refine(areHeaders, HEADERS)),
  z.transform((value) => new Headers(value)),
);
function areHeaders(value: Record<string, string>): boolean {
  try {
    return new Headers(value) !== undefined;
  } catch {
    return false;
  }
}

const CLAIM_NAMES = 'a list of claim names';
const claimNames = z.array(nonEmpty(CLAIM_NAMES), CLAIM_NAMES);
const SIGNATURE_ALGORITHMS = `a non-empty list of ${ASYMMETRIC_ALGORITHMS.join(', ')}`;
const ALGORITHMS = [...HMAC_ALGORITHMS, ...ASYMMETRIC_ALGORITHMS] as const;
const OPTIONS = 'an object of options';

const store = methods<Store>(['get', 'set'], ['get', 'set'], 'a store with "get" and "set", such as keyv');
const revocation = methods<Revocation>(
  ['isRevoked', 'revoke'],
  ['isRevoked'],
  'an object with "isRevoked", such as createRevocationList makes',
);

const jwksShape = {
  audience: texts,
  algorithms: z
    .array(z.enum(ASYMMETRIC_ALGORITHMS, SIGNATURE_ALGORITHMS), SIGNATURE_ALGORITHMS)
    .check(z.minLength(1, SIGNATURE_ALGORITHMS)),
  typ: text,
  requiredClaims: claimNames,
  maxTokenAge: seconds,
  timeout: milliseconds,
  cooldown: milliseconds,
  cacheMaxAge: milliseconds,
  staleIfError: millisecondsOrNone,
  cache: store,
  headers,
  fetch: aFunction<Fetch>(),
  dangerouslyAllowHttp: z.boolean('true or false'),
};

const jwks = z.partial(z.strictObject({ issuer: texts, ...jwksShape }, OPTIONS));

const AN_ISSUER = 'an object with the "issuer" and its options';
/** What is given for the keys of one identity provider. */
export type ParsedRemote = Omit<z.output<typeof jwks>, 'issuer'> & {
  issuer?: string | readonly string[] | undefined;
  jwksUrl?: URL | undefined;
};

const issuers = z
  .array(
    z.partial(z.strictObject({ issuer: text, jwksUrl: url, ...jwksShape }, AN_ISSUER)),
    'a non-empty list of issuers',
  )
  .check(z.minLength(1, 'a non-empty list of issuers'));

/**
 * The schema of the configuration. In its output, `timeout`, `cooldown`, `cacheMaxAge` and `staleIfError` are in
 * milliseconds, all other durations in seconds.
 */
export const configSchema = z.partial(
  z.strictObject(
    {
      secret: secrets,
      jwksUrl: url,
      jwks,
      issuers,
      issuer: texts,
      audience: texts,
      algorithm: z.enum(ALGORITHMS, `one of ${ALGORITHMS.join(', ')}`),
      defaultExpiry: seconds,
      maxExpiry: seconds,
      clockTolerance: secondsOrNone,
      requiredClaims: claimNames,
      maxTokenAge: seconds,
      typ: text,
      name: text,
      revocation,
      onVerdict: aFunction<VerdictHandler>(),
      onWarning: aFunction<WarningHandler>(),
    },
    OPTIONS,
  ),
);

/** The first thing wrong, as one sentence that names the option and what it accepts, never its value. */
export function firstProblem({ issues: [issue] }: z.core.$ZodError): string {
  const path = issue?.path ?? [];
  if (issue?.code === 'unrecognized_keys') {
    return `${JSON.stringify(nameOf([...path, issue.keys[0] ?? '']))} is not an option.`;
  }
  const name = nameOf(path);
  return `${name ? `"${name}"` : 'The configuration'} must be ${issue?.message}.`;
}

/** As `issuers[1].timeout`. In other lists, the place of a member does not help. */
function nameOf([first, second, ...rest]: readonly PropertyKey[]): string {
  const isEntry = first === 'issuers' && typeof second === 'number';
  const head = isEntry ? [`issuers[${second}]`] : [first, second];
  return [...head, ...rest].filter((key) => typeof key === 'string').join('.');
}
