import type { KeyObject } from 'node:crypto';
import type { AuthProviderConfig, VerifyFailure } from '../../../src/index.js';
import type { Algorithm } from '../../../src/signature/algorithms.js';
import { base64url, generateKeys, type Keys, signature } from '../../support/mint.js';

/** The frozen now of every attack, in seconds. */
export const NOW = 1_800_000_000;

export const SECRET = 'the-secret-that-the-attacker-has-not-got-0123456789';
export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'my-api';

/** The claims of a token that is good in every respect. */
export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-1',
  jti: 'token-1',
  iat: NOW - 60,
  nbf: NOW - 60,
  exp: NOW + 3600,
};

/** The identity provider's keys, each under its name as `kid`, and the attacker's own of the same kinds. */
export const KEYS = keyRing();
export const ATTACKER = keyRing();
export const JWKS = { keys: Object.values(KEYS).map(({ jwk }) => jwk) };

export type KeyName = 'rsa' | 'p256' | 'p384' | 'p521' | 'ed';

function keyRing(): Readonly<Record<KeyName, Keys>> {
  return {
    rsa: generateKeys('RS256', 'rsa'),
    p256: generateKeys('ES256', 'p256'),
    p384: generateKeys('ES384', 'p384'),
    p521: generateKeys('ES512', 'p521'),
    ed: generateKeys('EdDSA', 'ed'),
  };
}

export function keyName(alg: Exclude<Algorithm, `HS${string}`>): KeyName {
  if (alg === 'ES512') return 'p521';
  if (alg.startsWith('ES')) return `p${alg.slice(2)}` as KeyName;
  return alg.startsWith('Ed') ? 'ed' : 'rsa';
}

/** What about a token differs from a good one. An empty object makes a good one. */
export interface Forgery {
  /** Merged over `alg`, `typ` and `kid`; `undefined` removes a parameter. */
  header?: Record<string, unknown>;
  /** Stands for the whole header. */
  rawHeader?: string | Uint8Array;
  /** Merged over the good claims; `undefined` removes one. */
  claims?: Record<string, unknown>;
  /** Stands for the whole payload. */
  rawPayload?: string | Uint8Array;
  /** Signs instead of the right key. */
  key?: KeyObject | string | Uint8Array;
  /** Signs instead of the right algorithm. */
  signedBy?: Algorithm;
  /** Changes the signature. A string is the segment itself. */
  signature?: (signature: Buffer, signingInput: string) => Uint8Array | string;
  /** Changes the finished token. */
  token?: (token: string) => string;
}

/** A token by `node:crypto` alone: good where the forgery does not say otherwise. */
export function forge(alg: Algorithm, forgery: Forgery = {}): string {
  const isHmac = alg.startsWith('HS');
  const name = isHmac ? undefined : keyName(alg as Exclude<Algorithm, `HS${string}`>);
  const header = forgery.rawHeader ?? JSON.stringify({ alg, typ: 'JWT', kid: name, ...forgery.header });
  const payload = forgery.rawPayload ?? JSON.stringify({ ...CLAIMS, ...forgery.claims });
  const signingInput = `${base64url(header)}.${base64url(payload)}`;

  const key = forgery.key ?? (name === undefined ? SECRET : KEYS[name].privateKey);
  const made = signature(forgery.signedBy ?? alg, signingInput, key);
  const changed = forgery.signature?.(made, signingInput) ?? made;
  const token = `${signingInput}.${typeof changed === 'string' ? changed : base64url(changed)}`;
  return forgery.token?.(token) ?? token;
}

export const KINDS = ['secret', 'jwks', 'both'] as const;

/** A client with a secret, with a JWKS, or with both. */
export type Kind = (typeof KINDS)[number];
export type Verdict = VerifyFailure | 'valid';

/** One token, and what each kind of client must say of it. */
export interface Attack {
  readonly title: string;
  /** Made when first asked for, and the same from then on. */
  readonly token: string;
  /** The same without the attack: valid. */
  readonly control: string;
  readonly verdicts: Readonly<Record<Kind, Verdict>>;
  /** Options beyond the key sources. Default: issuer and audience. */
  readonly options?: Options;
  /** What of the claims must be handed out. */
  readonly claims?: object;
}

/** Options that a client of every kind can have. */
export type Options = Omit<AuthProviderConfig, 'secret' | 'jwksUrl' | 'algorithm'>;

/**
 * `shape` is `malformed` before any key is looked at, so for every kind of client. Other reasons are those of a
 * client that accepts the algorithm; one that does not says `algorithm`.
 */
export type Expected = Verdict | 'shape';

export interface Extra {
  options?: Options | undefined;
  /** What the control needs beyond a good token, where the attack cannot do without. */
  control?: Forgery;
  claims?: object;
}

export type Row = readonly [
  title: string,
  alg: Algorithm,
  forgery: Forgery,
  expected: Expected,
  extra?: Extra | undefined,
];

export const attack = ([title, alg, forgery, expected, extra = {}]: Row): Attack => {
  let token: string | undefined;
  let control: string | undefined;
  return {
    title,
    get token() {
      token ??= forge(alg, forgery);
      return token;
    },
    get control() {
      control ??= forge(alg, extra.control);
      return control;
    },
    verdicts: verdicts(alg, expected),
    ...(extra.options && { options: extra.options }),
    ...(extra.claims && { claims: extra.claims }),
  };
};

function verdicts(alg: Algorithm, expected: Expected): Record<Kind, Verdict> {
  if (expected === 'shape') return { secret: 'malformed', jwks: 'malformed', both: 'malformed' };
  const isHmac = alg.startsWith('HS');
  return {
    secret: isHmac ? expected : 'algorithm',
    jwks: isHmac ? 'algorithm' : expected,
    both: expected,
  };
}
