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

/** Tries a configuration against what is really there. */
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
  'No audience is given, so every token of this issuer is accepted, whatever it was issued for.',
  'Set "audience" to what names your API.',
);
const NO_TOKEN = note('token', 'No token came on stdin, so none was tried.');

function comparePlaces(given: URL | undefined, discovered: URL | undefined): Finding[] {
  if (!given || !discovered || given.href === discovered.href) return [];
  const message = `The issuer has its keys at "${shownUrl(discovered.href)}", and --jwks-url is "${shownUrl(given.href)}": ${nearMiss(discovered.href, given.href)}.`;
  return [note('keys', message, 'Set "jwksUrl" to what the issuer says, unless yours is a mirror.')];
}

function asText(findings: readonly Finding[], paint: Paint): string {
  const lines = findings.flatMap(({ verdict, check, message, change }) => [
    `${paint(STYLES[verdict], verdict.padEnd(5))}  ${paint('bold', check.padEnd(9))}  ${printable(message)}`,
    ...(change === undefined ? [] : [`${' '.repeat(18)}${paint('dim', '→')} ${printable(change)}`]),
  ]);
  const wrong = findings.filter(({ verdict }) => verdict === 'wrong').length;
  const things = wrong === 1 ? '1 thing is' : `${wrong} things are`;
  const verdict = wrong === 0 ? paint('good', 'It fits.') : paint('bad', `It does not fit: ${things} wrong.`);
  return `${[...lines, '', verdict].join('\n')}\n`;
}

const STYLES = { fits: 'good', wrong: 'bad', note: 'dim' } as const;
