import {
  AuthError,
  type AuthStatus,
  createAuthClient,
  type JwksOptions,
  type PublicKeySet,
  type SigningKeyOptions,
  type TokenPayload,
  type VerifyResult,
} from 'intentkit-auth';

/** What a runtime is asked to do. Travels as JSON. */
export interface Task {
  readonly secret: string;
  readonly issuer: string;
  readonly audience: string;
  readonly claims: Record<string, unknown>;
  readonly jwksUrl: string;
  readonly jwks?: JwksOptions;
  /** Tokens to verify, by name. */
  readonly tokens: Readonly<Record<string, string>>;
  /** URLs that give no keys, by what is wrong with them, and a token that would need their keys. */
  readonly outages: Readonly<Record<string, string>>;
  readonly asymmetricToken: string;
  /** Own signing keys, good and bad, by name. */
  readonly ownKeys: Readonly<Record<string, SigningKeyOptions>>;
}

/** What came of it. */
export interface Report {
  readonly signed: string;
  readonly resigned: VerifyResult;
  readonly decoded: TokenPayload;
  readonly verdicts: Readonly<Record<string, VerifyResult>>;
  readonly ping: boolean;
  readonly status: AuthStatus;
  readonly outages: Readonly<Record<string, Outage>>;
  /** A token and the key set of each own key, or the sentence of its refusal. */
  readonly ownKeys: Readonly<Record<string, OwnKey | string>>;
  /** What class of error each entry throws, where the program uses them all. */
  readonly entries?: Readonly<Record<string, string>>;
}

export interface OwnKey {
  readonly token: string;
  readonly result: VerifyResult;
  readonly jwks: PublicKeySet;
}

export interface Outage {
  readonly code: unknown;
  readonly ping: boolean;
  readonly lastError: string | undefined;
  /** Everything that a log could print of it. */
  readonly texts: readonly string[];
}

/** Uses every method of the client as an application would. */
export async function run(task: Task): Promise<Report> {
  const { secret, issuer, audience, jwksUrl, jwks = {} } = task;
  const auth = createAuthClient({ secret, issuer, audience, jwksUrl, jwks });
  const signed = await auth.sign(task.claims, { subject: 'user-1', expiresIn: '5m' });
  return {
    signed,
    resigned: await auth.verify(signed),
    decoded: auth.decode(signed),
    verdicts: await eachValue(task.tokens, (token) => auth.verify(token)),
    ping: await auth.ping(),
    status: auth.status(),
    ownKeys: await eachValue(task.ownKeys, useOwnKey),
    outages: await eachValue(task.outages, (url) => suffer(url, task.asymmetricToken)),
  };
}

async function useOwnKey(entry: SigningKeyOptions): Promise<OwnKey | string> {
  try {
    const auth = createAuthClient({ signingKeys: [entry] });
    const token = await auth.sign({ sub: 'user-1' });
    return { token, result: await auth.verify(token), jwks: auth.jwks() };
  } catch (error) {
    return error instanceof AuthError && error.code === 'ERR_AUTH_CONFIG' ? error.message : String(error);
  }
}

async function suffer(jwksUrl: string, token: string): Promise<Outage> {
  const warnings: string[] = [];
  const auth = createAuthClient({
    jwksUrl,
    // Short where nothing comes, and otherwise enough for a busy machine.
    jwks: { timeout: jwksUrl.includes('/hang') ? '0.5s' : '10s' },
    onWarning: (message) => warnings.push(message),
  });
  const error: unknown = await auth.verify(token).catch((error: unknown) => error);
  const ping = await auth.ping();
  const { jwks, pingFailure = '' } = auth.status();
  return {
    code: error instanceof AuthError ? error.code : undefined,
    ping,
    lastError: jwks?.lastError,
    texts: [...textsOf(error), ...warnings, pingFailure],
  };
}

function textsOf(error: unknown): string[] {
  if (!(error instanceof Error)) return [String(error)];
  const everyProperty = JSON.stringify(error, Object.getOwnPropertyNames(error));
  return [String(error), error.stack ?? '', everyProperty, ...(error.cause ? textsOf(error.cause) : [])];
}

async function eachValue<T, R>(
  values: Readonly<Record<string, T>>,
  work: (value: T) => Promise<R>,
): Promise<Record<string, R>> {
  return Object.fromEntries(
    await Promise.all(
      Object.entries(values).map(async ([name, value]) => [name, await work(value)] as const),
    ),
  );
}
