import { expect, it } from 'vitest';
import { type Answers, diagnose, ISSUER, startIssuer } from '../../../support/doctor.js';

const MCP = 'https://api.example.com/mcp';
const METADATA = 'https://api.example.com/.well-known/oauth-protected-resource/mcp';

const challenged =
  (value?: string, more: Record<string, string> = {}) =>
  () =>
    new Response(null, {
      status: 401,
      headers: { ...more, ...(value !== undefined && { 'www-authenticate': value }) },
    });
const metadata =
  (changes: object = {}) =>
  () =>
    Response.json({ resource: MCP, authorization_servers: [ISSUER], ...changes });
const NAMED = challenged(`Bearer resource_metadata="${METADATA}"`);

it.each<[string, 0 | 1, Answers, ...sentences: string[]]>([
  [
    'that is set up well',
    0,
    { [MCP]: NAMED, [METADATA]: metadata() },
    `${MCP} answers 401 and names its metadata.`,
    `${METADATA} names this server and the issuer.`,
    `Clients request tokens for "${MCP}", but the audience is "my-api".`,
  ],
  [
    'that names no metadata',
    0,
    { [MCP]: challenged('Bearer'), [METADATA]: metadata() },
    'answers 401 but names no usable metadata, so clients have to try the well-known URL.',
  ],
  [
    'that names metadata over http:',
    0,
    { [MCP]: challenged('Bearer resource_metadata="http://a.example/"'), [METADATA]: metadata() },
    'names no usable metadata',
  ],
  [
    'elsewhere that names metadata on this machine',
    0,
    { [MCP]: challenged('Bearer resource_metadata="https://127.0.0.1/"'), [METADATA]: metadata() },
    'names no usable metadata',
  ],
  [
    'elsewhere that names metadata on the unspecified address',
    0,
    { [MCP]: challenged('Bearer resource_metadata="https://0.0.0.0/"'), [METADATA]: metadata() },
    'names no usable metadata',
  ],
  [
    'that sends a Location with its challenge',
    0,
    {
      [MCP]: challenged(`Bearer resource_metadata="${METADATA}"`, { location: '/hush' }),
      [METADATA]: metadata(),
    },
    `${MCP} answers 401 and names its metadata.`,
  ],
  [
    'that does not challenge',
    1,
    { [MCP]: challenged(), [METADATA]: metadata() },
    'answers 401 without WWW-Authenticate.',
    `Send WWW-Authenticate: Bearer resource_metadata="${METADATA}".`,
  ],
  [
    'that is open',
    1,
    { [MCP]: () => Response.json({}) },
    'answers 200 to a request without a token, not 401.',
    'Put the gate in front of the MCP server: without it, anyone can call the tools.',
  ],
  [
    'that fails',
    1,
    { [MCP]: () => new Response(null, { status: 500 }) },
    'answers 500 to a request without a token, not 401.',
    'Answer 401 to a request without a token, before any other check.',
  ],
  [
    'that redirects',
    1,
    { [MCP]: () => new Response(null, { status: 307, headers: { location: '/login?hush' } }) },
    'The endpoint answered 307, a redirect to "/login"',
  ],
  [
    'that cannot be reached',
    1,
    {
      [MCP]: () => {
        throw new TypeError('fetch failed', { cause: { code: 'ECONNREFUSED' } });
      },
    },
    'The connection was refused: nothing listens on that host and port (ECONNREFUSED).',
  ],
  [
    'without metadata',
    1,
    { [MCP]: NAMED, [METADATA]: () => new Response(null, { status: 404 }) },
    'The endpoint answered 404, not 200.',
  ],
  [
    'whose metadata has a slash at the end',
    1,
    { [MCP]: NAMED, [METADATA]: metadata({ resource: `${MCP}/` }) },
    `The metadata is for "${MCP}/", not for "${MCP}": it has a slash at the end.`,
  ],
  [
    'whose metadata is for its origin',
    1,
    { [MCP]: NAMED, [METADATA]: metadata({ resource: 'https://api.example.com/' }) },
    `The metadata is for "https://api.example.com/", not for "${MCP}": its path is different`,
  ],
  [
    'whose metadata is empty',
    1,
    { [MCP]: NAMED, [METADATA]: () => Response.json({}) },
    'The metadata has no "resource".',
    'The metadata has no "authorization_servers".',
    '2 things are wrong.',
  ],
  [
    'whose metadata names the issuer with a slash',
    1,
    { [MCP]: NAMED, [METADATA]: metadata({ authorization_servers: [`${ISSUER}/`] }) },
    `The metadata sends clients to "${ISSUER}/", not to "${ISSUER}": it has a slash at the end.`,
  ],
])('For an MCP server %s, the doctor exits with %i', async (_, expected, answers, ...sentences) => {
  await startIssuer(answers);
  const { status, said } = await diagnose(undefined, '--mcp', MCP);
  for (const sentence of sentences) expect(said).toContain(sentence);
  expect(status).toBe(expected);
  expect(said).not.toContain('hush');
});

it.each([
  ['https://api.example.com', 'https://api.example.com/', true],
  ['https://api.example.com/', 'https://api.example.com', true],
  ['https://api.example.com/', 'https://api.example.com/', true],
  ['https://api.example.com/mcp/', 'https://api.example.com/mcp', false],
  ['https://api.example.com/mcp/', 'https://api.example.com/mcp/', true],
])('For --mcp %s, the resource %s fits: %s', async (mcp, resource, isSame) => {
  const place = 'https://api.example.com/.well-known/oauth-protected-resource';
  const served = metadata({ resource });
  await startIssuer({ [new URL(mcp).href]: challenged('Bearer'), [place]: served, [`${place}/mcp`]: served });
  const { status, said } = await diagnose(undefined, '--mcp', mcp, '--audience', resource);
  expect(status).toBe(isSame ? 0 : 1);
  expect(said.includes('names this server and the issuer.')).toBe(isSame);
  expect(said).not.toContain('Clients request tokens for');
});

const pending = (): Promise<never> => new Promise(() => {});

it.each<[string, () => Response | Promise<Response>, string]>([
  [
    'never answers, with a fetch that ignores its signal',
    pending,
    `${MCP}: The endpoint did not answer within 0.2 s.`,
  ],
  [
    'never ends its body, not even when it is cancelled',
    () => new Response(new ReadableStream({ cancel: pending })),
    'answers 200 to a request without a token, not 401.',
  ],
])('The doctor ends within its time limit when an MCP server %s', async (_, answer, sentence) => {
  await startIssuer({ [MCP]: answer });
  const { status, said } = await diagnose(undefined, '--mcp', MCP, '--timeout', '0.2s');
  expect([status, said]).toEqual([1, expect.stringContaining(sentence)]);
});

it('The doctor names the scope that the token lacks, and does not send the token', async () => {
  const wantsScopes = challenged(`Bearer scope="mcp files", resource_metadata="${METADATA}"`);
  const supported = metadata({ scopes_supported: ['mcp', 'files', 'files:write', 42] });
  const issuer = await startIssuer({ [MCP]: wantsScopes, [METADATA]: supported });
  const told = async (scope: string) => (await diagnose(await issuer.token({ scope }), '--mcp', MCP)).said;
  const lacking = 'The server requires the scope "mcp", which the token does not have.';
  expect(await told('files')).toContain(lacking);
  expect(await told('files mcp')).not.toContain(lacking);
  const unused = 'The server also knows the scope "files:write", which the token does not have.';
  expect(await told('files')).toContain(unused);
  expect(await told('files mcp files:write')).not.toContain('which the token does not have');
  expect(await told('files mcp')).toContain(
    'The doctor did not send the token to the MCP server, which may be configured differently.',
  );
});

it('The doctor calls no MCP server over http: beyond this machine', async () => {
  await startIssuer();
  const { status, said } = await diagnose(undefined, '--mcp', 'http://api.example.com/mcp');
  expect([status, said]).toEqual([1, expect.stringContaining('The MCP server is called over http:')]);
});
