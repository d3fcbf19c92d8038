import { printableJson } from '../text.js';
import { WIDTH } from '../wrap.js';

/** What was checked, and what a client needs. */
export interface Checked {
  readonly issuer: string;
  /** `undefined`: the client discovers it. */
  readonly jwksUrl: URL | undefined;
  readonly audience: string | undefined;
}

/** The configuration of a client as a TypeScript module, to be copied. */
export function configurationOf({ issuer, jwksUrl, audience }: Checked): string {
  const audiences = audience === undefined ? [] : [`audience: ${literal(audience)}`];
  const options = jwksUrl
    ? [`issuer: ${literal(issuer)}`, ...jwksOption(jwksUrl), ...audiences].map((option) => `  ${option},`)
    : issuersOption([`issuer: ${literal(issuer)}`, ...audiences]);
  return [
    "import { createAuthClient } from 'intentkit-auth';",
    '',
    'export const auth = createAuthClient({',
    ...options,
    '});',
    '',
  ].join('\n');
}

/** In one line, if that fits a terminal. */
function issuersOption(members: readonly string[]): string[] {
  const line = `  issuers: [{ ${members.join(', ')} }],`;
  if (line.length <= WIDTH) return [line];
  return ['  issuers: [', '    {', ...members.map((member) => `      ${member},`), '    },', '  ],'];
}

/** A query may be a secret, and is not shown. */
const jwksOption = (url: URL): string[] =>
  url.search === '' ? [`jwksUrl: ${literal(url.href)}`] : [`jwksUrl: process.env.JWKS_URL ?? ''`];

/** A text as a literal in single quotes, where it needs no escapes. */
function literal(text: string): string {
  const json = printableJson(text);
  return /['\\]/.test(json) ? json : `'${json.slice(1, -1)}'`;
}
