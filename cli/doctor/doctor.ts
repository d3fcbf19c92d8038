import { nearMiss, shownUrl } from '../../src/shared/url.js';
import type { Options } from '../arguments.js';
import type { ExitCode, Io } from '../io.js';
import { type Paint, painter, printable, printableJson } from '../text.js';
import { checkDiscovery } from './check-discovery.js';
import { checkKeys } from './check-keys.js';
import { checkMcp } from './check-mcp.js';
import { checkToken } from './check-token.js';
import { type Finding, note } from './finding.js';
import { type Plan, planOf } from './plan.js';

/** Checks a configuration against the live identity provider, and prints what it found. */
export async function doctor(options: Options, io: Io): Promise<ExitCode> {
  const plan = planOf(options);
  const token = (await io.readStdin())?.trim() || undefined;
  const findings = await examine(plan, token);
  const isWrong = findings.some(({ verdict }) => verdict === 'wrong');
  io.writeOut(
    options.json
      ? `${printableJson({ fits: !isWrong, findings })}\n`
      : asText(findings, painter(io.hasColour)),
  );
  return isWrong ? 1 : 0;
}

async function examine(plan: Plan, token: string | undefined): Promise<Finding[]> {
  const discovered = await checkDiscovery(plan);
  const url = plan.jwksUrl ?? discovered.jwksUrl;
  const keys = url && (await checkKeys(url, plan));
  return [
    ...discovered.findings,
    ...comparePlaces(plan.jwksUrl, discovered.jwksUrl),
    ...(keys?.findings ?? []),
    ...(plan.audience === undefined ? [NO_AUDIENCE] : []),
    ...(token === undefined ? [NO_TOKEN] : await checkToken(token, plan, keys?.url)),
    ...(plan.mcp ? await checkMcp(plan.mcp, plan, token) : []),
  ];
}

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

function asText(findings: readonly Finding[], paint: Paint): string {
  const lines = findings.flatMap(({ verdict, check, message, change }) => [
    `${paint(STYLES[verdict], verdict.padEnd(5))}  ${paint('bold', check.padEnd(9))}  ${printable(message)}`,
    ...(change === undefined ? [] : [`${' '.repeat(18)}${paint('dim', '→')} ${printable(change)}`]),
  ]);
  const wrong = findings.filter(({ verdict }) => verdict === 'wrong').length;
  const verdict =
    wrong === 0
      ? paint('good', 'Nothing is wrong.')
      : paint('bad', wrong === 1 ? '1 thing is wrong.' : `${wrong} things are wrong.`);
  return `${[...lines, '', verdict].join('\n')}\n`;
}

const STYLES = { fits: 'good', wrong: 'bad', note: 'dim' } as const;
