/** Lists which document must have a row for each name of a kind. A new kind of name needs a line here. */
import { type IntentFunction, z } from 'intentkit';
import { createTokenFunctions } from 'intentkit-auth/functions';
import type ts from 'typescript';
import { codeIn, tablesOf } from './markdown.js';
import { sourceNames } from './source-names.js';

/** A document, a kind of name, the names in the source, and the names in the document. */
type Home = readonly [place: string, kind: string, names: readonly string[], found: readonly string[]];

export const without = (names: readonly string[], others: readonly string[]): string[] =>
  names.filter((name) => !others.includes(name));

const FUNCTIONS: readonly IntentFunction[] = Object.values({ ...createTokenFunctions() });

/** The fields of a schema. An optional field ends with a question mark, such as `subject?`. */
const fieldsOf = ({ shape }: z.ZodObject): string[] =>
  Object.entries(shape).map(([name, field]) => (z.safeParse(field, undefined).success ? `${name}?` : name));

/** @param texts the documents by path. `program` must contain the entries and `cli/arguments.ts`. */
export function homes(program: ts.Program, texts: ReadonlyMap<string, string>): Home[] {
  const { of, listedBy } = sourceNames(program);
  const tables = (document: string) => tablesOf(texts.get(document) ?? '');
  /** The names in the first column of tables with this head. `'404'` becomes 404, and `sign(payload)` becomes sign. */
  const rows = (document: string, head: string): string[] =>
    tables(document)
      .filter((table) => table.head[0] === head)
      .flatMap((table) => table.rows.flatMap(([cell]) => codeIn(cell)))
      .map((name) => name.replace(/^'|'$|\(.*/g, ''));
  /** The cells of one column of the table of functions, each after the function's name. */
  const ofFunctions = (column: number): string[] =>
    tables('docs/client.md')
      .filter(({ head }) => head[0] === 'function')
      .flatMap((table) => table.rows.map((cells) => `${codeIn(cells[0])}: ${codeIn(cells[column])}`));
  const functions = (what: (each: IntentFunction) => readonly string[]): string[] =>
    FUNCTIONS.map((each) => `${each.name}: ${what(each)}`);

  const client = (type: string): string[] => of('src/index.ts', type);
  const reasons = client('VerifyFailure');
  const errors = client('AuthErrorCode');
  const warnings = client('AuthWarningCode');
  const ignored = client('IgnoredKeyReason');
  const faults = of('testing/index.ts', 'TestFault');
  const ofJwks = client('JwksOptions');
  const ofIssuers = ['issuer', ...without(client('IssuerOptions'), ofJwks)];
  const testIssuer = of('testing/index.ts', 'TestIssuerOptions');
  const testToken = of('testing/index.ts', 'TestTokenOptions');
  const verifier = of('mcp/index.ts', 'TokenVerifierOptions');
  const ofList = of('revocation/index.ts', 'RevocationListOptions');
  const ofTools = of('functions/index.ts', 'TokenFunctionsOptions');
  const ofMint = of('functions/index.ts', 'MintOptions');
  const help = (texts.get('docs/troubleshooting.md') ?? '').matchAll(/^ {2}--([\w-]+) /gm);
  const quoted = tables('docs/troubleshooting.md').flatMap((table) => table.rows.flat().flatMap(codeIn));

  // biome-ignore format: a table
  return [
    ['docs/client.md', 'method', client('AuthClient'), rows('docs/client.md', 'method')],
    ['docs/client.md', 'reason', reasons, rows('docs/client.md', '`reason`')],
    ['docs/client.md', 'error code', errors, rows('docs/client.md', '`code`')],
    ['docs/troubleshooting.md', 'error code of the exchange', errors.filter((code) => code.startsWith('ERR_EXCHANGE')), rows('docs/troubleshooting.md', 'code of the exchange')],
    ['docs/client.md', 'option', client('AuthProviderConfig'), rows('docs/client.md', 'option')],
    ['docs/client.md', 'option of "jwks"', ofJwks, rows('docs/client.md', 'option of `jwks`')],
    ['docs/client.md', 'option of "issuers"', ofIssuers, rows('docs/client.md', 'option of `issuers`')],
    ['docs/mcp.md', 'option', of('mcp/index.ts', 'McpOptions'), rows('docs/mcp.md', 'option')],
    ['docs/mcp.md', 'option of the verifier', verifier, rows('docs/mcp.md', 'option of `createTokenVerifier`')],
    ['docs/revocation.md', 'option', ofList, rows('docs/revocation.md', 'option')],
    ['docs/client.md', 'option of "createTokenFunctions"', ofTools, rows('docs/client.md', 'option of `createTokenFunctions`')],
    ['docs/client.md', 'option of "mint"', ofMint, rows('docs/client.md', 'option of `mint`')],
    ['docs/client.md', 'permission', functions(({ permissions }) => permissions), ofFunctions(1)],
    ['docs/client.md', 'input', functions(({ input }) => fieldsOf(input)), ofFunctions(2)],
    ['docs/client.md', 'output', functions(({ output }) => fieldsOf(output)), ofFunctions(3)],
    ['docs/testing.md', 'option', testIssuer, rows('docs/testing.md', 'option')],
    ['docs/testing.md', 'option of a token', testToken, rows('docs/testing.md', 'option of `token`')],
    ['docs/testing.md', 'fault', faults, rows('docs/testing.md', 'fault')],
    ['docs/troubleshooting.md', 'reason', reasons, rows('docs/troubleshooting.md', 'reason')],
    ['docs/troubleshooting.md', 'error code', errors, quoted.filter((code) => code.startsWith('ERR_'))],
    ['docs/operations.md', 'warning code', warnings, rows('docs/operations.md', 'code')],
    ['docs/operations.md', 'reason to ignore a key', ignored, rows('docs/operations.md', '`ignoredKeys`')],
    ['docs/troubleshooting.md', 'option of the doctor', of('cli/arguments.ts', 'Options'), Array.from(help, ([, name = '']) => name)],
    ['The comment of VERIFY_FAILURES', 'reason', reasons, listedBy('src/index.ts', 'VERIFY_FAILURES')],
    ['The comment of AuthErrorCode', 'error code', errors, listedBy('src/index.ts', 'AuthErrorCode')],
    ['The comment of AuthWarningCode', 'warning code', warnings, listedBy('src/index.ts', 'AuthWarningCode')],
    ['The comment of IgnoredKeyReason', 'reason', ignored, listedBy('src/index.ts', 'IgnoredKeyReason')],
    ['The comment of TestFault', 'fault', faults, listedBy('testing/index.ts', 'TestFault')],
  ];
}
