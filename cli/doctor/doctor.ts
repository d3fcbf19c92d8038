import { nearMiss, shownUrl } from '../../src/shared/url.js';
import type { Mistake } from '../../src/token/layers.js';
import type { Options } from '../arguments.js';
import type { ExitCode, Io } from '../io.js';
import { isReadable, type ReadableToken, readToken } from '../read-token.js';
import { type Paint, painter, printable, printableJson } from '../text.js';
import { WIDTH, wrapped } from '../wrap.js';
import { otherIssuer } from './check-adfs.js';
import { checkDiscovery } from './check-discovery.js';
import { checkKeys } from './check-keys.js';
import { checkMcp } from './check-mcp.js';
import { asFinding, audienceIn, checkToken, signedWithSecret } from './check-token.js';
import { type Checked, configurationOf } from './configuration.js';
import { type Discovered, type Finding, note } from './finding.js';
import { type Plan, planOf } from './plan.js';

/** Checks a configuration against the live identity provider, and prints what it found. */
export async function doctor(options: Options, io: Io): Promise<ExitCode> {
  const plan = planOf(options);
  const text = (await io.readStdin())?.trim();
  const given = text ? readToken(text) : undefined;
  const { findings, checked } = await examine(plan, given);
  const isWrong = findings.some(({ verdict }) => verdict === 'wrong');
  const configuration = isWrong ? undefined : configurationOf(checked);
  io.writeOut(
    options.json
      ? `${printableJson({ fits: !isWrong, findings, ...(configuration !== undefined && { configuration }) })}\n`
      : asText(findings, configuration, painter(io.hasColour)),
  );
  return isWrong ? 1 : 0;
}

interface Examined {
  readonly findings: readonly Finding[];
  readonly checked: Checked;
}

async function examine(given: Plan, read: ReadableToken | Mistake | undefined): Promise<Examined> {
  const token = read && isReadable(read) ? read : undefined;
  const mistake = read && !isReadable(read) ? read : undefined;
  const plan = token ? { ...given, audience: audienceIn(token, given.audience) } : given;
  const { issuer, issuerUrl, audience, mcp } = plan;
  const discovered = await checkDiscovery(plan);
  const url = plan.jwksUrl ?? discovered.jwksUrl;
  const keys = url && (await checkKeys(url, plan));
  const findings = [
    ...(token ? signedWithSecret(token) : []),
    ...discovered.findings,
    ...comparePlaces(plan.jwksUrl, discovered.jwksUrl),
    ...(keys?.findings ?? []),
    ...(audience === undefined ? [NO_AUDIENCE] : []),
    ...(token ? await checkToken(token, plan, discovered, keys?.url) : withoutToken(mistake, discovered)),
    ...(mcp ? await checkMcp(mcp, plan, discovered.server ?? (issuerUrl && issuer), token) : []),
  ];
  const isDiscovered = plan.jwksUrl === undefined && discovered.isDiscoverable;
  return { findings, checked: { issuer, audience, jwksUrl: isDiscovered ? undefined : url } };
}

/** Without a token, the document alone tells which issuer its tokens have. */
const withoutToken = (mistake: Mistake | undefined, discovered: Discovered): Finding[] => [
  ...(discovered.accessTokenIssuer === undefined ? [] : [otherIssuer(discovered)]),
  mistake ? asFinding(mistake) : NO_TOKEN,
];

const NO_AUDIENCE = note(
  'audience',
  'No audience is given, so every token of this issuer is accepted, even a token for another API.',
  'Set "audience" to the name of your API.',
);
const NO_TOKEN = note('token', 'No token was given on stdin: only the configuration was checked.');

function comparePlaces(given: URL | undefined, discovered: URL | undefined): Finding[] {
  if (!given || !discovered || given.href === discovered.href) return [];
  const message = `The issuer publishes its keys at "${shownUrl(discovered.href)}", but --jwks-url is "${shownUrl(given.href)}": ${nearMiss(discovered.href, given.href)}.`;
  return [
    note('keys', message, 'Set "jwksUrl" to the URL that the issuer publishes, unless yours is a mirror.'),
  ];
}

function asText(findings: readonly Finding[], configuration: string | undefined, paint: Paint): string {
  const lines = findings.flatMap(({ verdict, check, message, change }) => {
    const label = `${paint(STYLES[verdict], verdict.padEnd(5))}  ${paint('bold', check.padEnd(9))}  `;
    const [first, ...more] = wrapped(printable(message), WIDTH - INDENT.length);
    const [advice, ...rest] =
      change === undefined ? [] : wrapped(printable(change), WIDTH - INDENT.length - 2);
    return [
      `${label}${first}`,
      ...more.map((line) => `${INDENT}${line}`),
      ...(advice === undefined ? [] : [`${INDENT}${paint('dim', '→')} ${advice}`]),
      ...rest.map((line) => `${INDENT}  ${line}`),
    ];
  });
  const wrong = findings.filter(({ verdict }) => verdict === 'wrong').length;
  const verdict =
    wrong === 0
      ? paint('good', 'Nothing is wrong. The configuration:')
      : paint('bad', wrong === 1 ? '1 thing is wrong.' : `${wrong} things are wrong.`);
  const ending = configuration === undefined ? '' : `\n${configuration}`;
  return `${[...lines, '', verdict].join('\n')}\n${ending}`;
}

/** As wide as the verdict and the check in front of a message. */
const INDENT = ' '.repeat(18);

const STYLES = { fits: 'good', wrong: 'bad', note: 'dim' } as const;
