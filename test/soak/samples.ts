import { generateKeys, type Keys, mint, segment } from '../support/mint.js';

/** The outcome of a token that cannot be verified right now. */
const UNAVAILABLE = 'ERR_JWKS_UNAVAILABLE';
const NEVER = 4_102_444_800;
export const AUDIENCE = 'https://api.example';
const newSecret = 'new-0123456789-abcdef'.padEnd(64, '.');
const oldSecret = 'old-0123456789-abcdef'.padEnd(64, '.');
export const SECRETS = [newSecret, oldSecret];

type Header = { readonly alg: string; readonly kid: string };
export type Signer = Header & Keys;

/** The keys take turns. Each is first the current key, then the previous one, then retired until its next turn. */
export const signers: readonly Signer[] = 'ES256 RS256 EdDSA ES256 PS256 ES384 RS256 ES256'
  .split(' ')
  .map((alg, index) => ({ alg, kid: `key-${index}`, ...generateKeys(alg, `key-${index}`) }));

/** The possible states while a token is verified. There are several of each during a change. */
export interface World {
  readonly published: readonly (readonly Signer[])[];
  readonly endpoint: readonly ('up' | 'down')[];
  /** Whether the outage has lasted longer than the cached keys may be used. */
  readonly outlasted?: boolean;
}

export interface Sample {
  readonly token: unknown;
  /** The claim that an authentic payload has. */
  readonly sub?: unknown;
  /** Returns the correct verdicts. */
  expected(client: 'secret' | 'jwks' | 'both', world: World): readonly string[];
}

type Claims = Readonly<Record<string, unknown>>;
const claims = (sub: string, more: Claims = {}): Claims => ({ sub, aud: AUDIENCE, exp: NEVER, ...more });

/** Our RSA keys have no `alg`, so each works for RS256 and PS256. */
const family = (alg: string): string => alg.replace(/^[RP]S/, 'RSA');

/** A token of a JWKS. `judge` returns its verdict for one set of keys, or `undefined` if the set has no such key. */
function byJwks(token: string, sub: unknown, judge: (set: readonly Signer[]) => string | undefined): Sample {
  const expected: Sample['expected'] = (client, { published, endpoint, outlasted }) => {
    if (client === 'secret') return ['algorithm'];
    if (outlasted) return [UNAVAILABLE];
    // If the budget for look-ups is spent, the token cannot be verified right now either.
    const unknown = endpoint.flatMap((state) => (state === 'up' ? ['key', UNAVAILABLE] : [UNAVAILABLE]));
    return published.flatMap((set) => judge(set) ?? unknown);
  };
  return { token, sub, expected };
}

/** A token that gets this verdict if its key is found. */
const byKid = (token: string, { alg, kid }: Header, verdict: string, sub?: unknown): Sample =>
  byJwks(token, sub, (set) => {
    const sameId = set.find((signer) => signer.kid === kid);
    return sameId && (family(sameId.alg) === family(alg) ? verdict : 'key');
  });

/** A valid token without a key id. Each key for its algorithm is tried. */
const withoutKid = (signer: Signer): Sample => {
  const { alg, privateKey: key } = signer;
  return byJwks(mint({ header: { alg }, payload: claims('nameless'), key }), 'nameless', (set) => {
    if (set.includes(signer)) return 'valid';
    return set.some((other) => family(other.alg) === family(alg)) ? 'signature' : undefined;
  });
};

const always = (token: unknown, verdict: string): Sample => ({ token, expected: () => [verdict] });

const bySecret = (key: string, payload: Claims, verdict: string): Sample => ({
  token: mint({ header: { alg: 'HS256' }, payload, key }),
  sub: payload.sub,
  expected: (client) => [client === 'jwks' ? 'algorithm' : verdict],
});

function samplesOf({ alg, kid, privateKey }: Signer): Sample[] {
  const header = { alg, kid };
  const signed = (payload: Claims, verdict: string, key = privateKey): Sample =>
    byKid(mint({ header, payload, key }), header, verdict, payload.sub);
  const [head, , tail] = mint({ header, payload: claims('tampered'), key: privateKey }).split('.');
  const other = { alg: alg === 'EdDSA' ? 'ES256' : 'EdDSA', kid };
  const byOther = mint({ header: other, payload: claims('m'), key: generateKeys(other.alg).privateKey });
  return [
    ...Array.from({ length: 8 }, (_, n) => signed(claims(`user-${kid}-${n}`), 'valid')),
    signed(claims('late', { exp: 1 }), 'expired'),
    signed(claims('early', { nbf: NEVER }), 'not_yet_valid'),
    signed(claims('stray', { aud: 'https://other.example' }), 'audience'),
    signed({ sub: 'lost', exp: NEVER }, 'audience'),
    signed(claims('odd', { nbf: 'soon' }), 'claim'),
    signed(claims('mallory'), 'signature', generateKeys(alg).privateKey),
    byKid(`${head}.${segment(claims('mallory'))}.${tail}`, header, 'signature'),
    byKid(byOther, other, 'signature'),
  ];
}

const otherHmac = mint({ header: { alg: 'HS512' }, payload: claims('mallory'), key: newSecret });
const algNone = `${segment({ alg: 'none' })}.${segment(claims('mallory'))}.AAAA`;
const malformed = ['', 'a.b', 'a.b.c', '....', 'x'.repeat(70_000), undefined, null, 7, {}, []];
const pems = signers.map(({ publicKey }) => publicKey.export({ type: 'spki', format: 'pem' }).toString());

const samples: readonly Sample[] = [
  ...signers.flatMap(samplesOf),
  ...signers.map(withoutKid),
  ...Array.from({ length: 24 }, (_, n) => bySecret(newSecret, claims(`own-${n}`), 'valid')),
  bySecret(oldSecret, claims('own-old'), 'valid'),
  bySecret(newSecret, claims('own', { exp: 1 }), 'expired'),
  // Forged with a guessed secret, and with public keys as the secret.
  ...['guess'.padEnd(64, '.'), ...pems].map((key) => bySecret(key, claims('mallory'), 'signature')),
  ...[otherHmac, algNone].map((token) => always(token, 'algorithm')),
  ...malformed.map((token) => always(token, 'malformed')),
];

let made = 0;

/** Returns a random sample, or in a tenth of the cases a token with a new, unknown key id. */
export function anySample(): Sample {
  const sample = samples[Math.floor(Math.random() * samples.length)];
  if (sample && Math.random() >= 0.1) return sample;
  const header = { alg: 'ES256', kid: `random-${++made}` };
  return byKid(`${segment(header)}.e30.AAAA`, header, 'signature');
}
