// Both lines of the official SDK drive the same servers and must get the same, and docs/client.md shows what they get.
// `UPDATE_DOCS=1 npx vitest run --project e2e test/e2e/mcp-clients.test.ts` writes it there.
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { Client as ClientOf2 } from '@modelcontextprotocol/client';
import { StdioClientTransport as StdioOf2 } from '@modelcontextprotocol/client/stdio';
import { Client as ClientOf1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport as StdioOf1 } from '@modelcontextprotocol/sdk/client/stdio.js';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { bundleScript } from '../support/bundle-script.js';
import { mint } from '../support/mint.js';
import { OTHER_SECRET } from '../support/secrets.js';
import { flipBit } from '../support/tamper.js';

// Each server is a process of its own, perhaps on a busy machine.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const ROOT = new URL('../../', import.meta.url);
const PAGE = new URL('docs/client.md', ROOT);
const SECRET = randomBytes(48).toString('base64url');
const INFO = { name: 'test-agent', version: '1.0.0' };

const QUICK_START = await bundleScript('examples/serve.ts');
// The server of docs/client.md that limits what agents may mint.
const BOUNDED = await bundleScript('examples/client/limited-server.ts');

const started: { close(): Promise<void> }[] = [];
afterAll(async () => void (await Promise.all(started.map((client) => client.close()))));

async function connect(script: string) {
  const command = { command: process.execPath, args: [script], env: { JWT_SECRET: SECRET } };
  const options = { ...command, cwd: fileURLToPath(ROOT), stderr: 'ignore' as const };
  const clients = [
    { line: '2', client: new ClientOf2(INFO), transport: new StdioOf2(options) },
    { line: '1.x', client: new ClientOf1(INFO), transport: new StdioOf1(options) },
  ] as const;
  started.push(...clients.map(({ client }) => client));
  // Their types differ, and what is needed of them does not.
  await Promise.all(clients.map(({ client, transport }) => client.connect(transport as never)));
  return clients;
}

type Clients = Awaited<ReturnType<typeof connect>>;
let quickStart: Clients;
let bounded: Clients;
beforeAll(async () => {
  [quickStart, bounded] = await Promise.all([connect(QUICK_START), connect(BOUNDED)]);
});

/** What each client makes of an answer. */
async function ask([of2, of1]: Clients, name: string, args: object) {
  const request = { name, arguments: { ...args } };
  return Promise.all([of2.client.callTool(request), of1.client.callTool(request)]);
}

/** The one text of an answer. */
function textOf(answer: object): string {
  expect(answer).toMatchObject({ content: [{ type: 'text', text: expect.any(String) }] });
  const { content } = answer as { content: [{ text: string }] };
  return content[0].text;
}

it('Both SDKs get the same tools and instructions', async () => {
  for (const [of2, of1] of [quickStart, bounded]) {
    const [tools] = await Promise.all([of2.client.listTools(), of1.client.listTools()]);
    expect(await of1.client.listTools()).toEqual(tools);
    expect(of1.client.getInstructions()).toBe(of2.client.getInstructions());
  }
  expect(quickStart[1].client.getInstructions()).toContain('Only verify_token tells');
});

const EXPIRY = Math.floor(Date.now() / 1000) - 7200;
const CLAIMS = { iss: 'my-service', aud: 'my-api', sub: 'user-1', exp: EXPIRY };
const token = (claims: object = {}, key = SECRET): string =>
  mint({ header: { alg: 'HS256' }, payload: { ...CLAIMS, ...claims }, key });
const hidden = '\u202euser\u200b';

it.each<[what: string, name: string, args: object, expected: object]>([
  [
    'that never expires',
    'verify_token',
    { token: token({ exp: undefined }) },
    { valid: true, expired: false, expires_in_seconds: null },
  ],
  [
    'with a changed signature',
    'verify_token',
    { token: flipBit(token()) },
    { reason: 'signature', payload: {} },
  ],
  [
    'for another audience',
    'verify_token',
    { token: token({ aud: 'a', exp: undefined }) },
    { reason: 'audience' },
  ],
  ['with a scheme', 'verify_token', { token: `Bearer ${token()}` }, { reason: 'malformed', payload: {} }],
  [
    'of another issuer',
    'decode_token',
    { token: token({}, OTHER_SECRET) },
    { verified: false, payload: CLAIMS },
  ],
  [
    'with hidden characters',
    'decode_token',
    { token: token({ hidden }) },
    { payload: { ...CLAIMS, hidden } },
  ],
  ['that is long', 'decode_token', { token: token({ text: 'x'.repeat(9000) }) }, { shortened: true }],
])(
  'Both SDKs get one answer about a token %s, as text and as structured content',
  async (_, name, args, expected) => {
    const [of2, of1] = await ask(quickStart, name, args);
    expect(of1).toEqual(of2);
    expect(of1.isError, textOf(of1)).toBeUndefined();
    expect(of1.structuredContent).toMatchObject(expected);
    const said = JSON.parse(textOf(of1));
    expect(said).toEqual(of1.structuredContent);
    // A reader of the first lines gets the verdict, and nothing that a token made up.
    expect(Object.keys(said).at(-1)).toBe('payload');
    expect(textOf(of1)).not.toMatch(/\p{Cf}/u);
  },
);

it('Both SDKs get a token that the other one verifies', async () => {
  const created = await ask(quickStart, 'create_token', { subject: 'user-1', expires_in: '10m' });
  for (const { structuredContent, ...answer } of created) {
    expect(JSON.parse(textOf(answer))).toEqual(structuredContent);
    const { token } = structuredContent as { token: string };
    const verified = await ask(quickStart, 'verify_token', { token });
    for (const verdict of verified) {
      expect(verdict.structuredContent).toMatchObject({ valid: true, payload: { sub: 'user-1' } });
      expect(JSON.parse(textOf(verdict))).toEqual(verdict.structuredContent);
    }
  }
});

it.each<[name: string, args: object, says: string]>([
  ['create_token', { expires_in: 3600 }, '"expires_in" needs a unit: write 3600 seconds as "3600s".'],
  ['create_token', { claims: { sub: 'user-1' } }, '"claims" must not hold "sub": use the "subject" field.'],
  [
    'verify_token',
    { token: 'x', audience: 'y' },
    'Invalid argument "audience": there is no such field (the fields are "token").',
  ],
  [
    'decode_token',
    { token: `Bearer ${token()}` },
    'The token begins with "Bearer". Give the token without its scheme.',
  ],
])('Both SDKs get an error with one text from %s with %j', async (name, args, says) => {
  const error = { isError: true, content: [{ type: 'text', text: says }] };
  expect(await ask(quickStart, name, args)).toEqual([error, error]);
});

/** The same times in every run, and the start of each token. */
const steady = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, '2026-01-01T00:15:00Z')
    .replace(/"(exp|expires_at)":\d+/g, '"$1":1767226500')
    .replace(/"iat":\d+/g, '"iat":1767225600')
    .replace(/"expires_in_seconds":-\d+/g, '"expires_in_seconds":-7200')
    .replace(/eyJ[\w.-]+/g, 'eyJhbGciOiJIUzI1NiIs…');

const EXPIRED = mint({
  header: { alg: 'HS256' },
  payload: { role: 'editor', iat: EXPIRY - 900, ...CLAIMS },
  key: SECRET,
});
const PICTURES = /(<!-- agent: (\w+)(?: (\{.*\}))? -->\n```(?:json|text)\n)[\s\S]*?```\n/g;

it('docs/client.md shows the tool and the texts that its server gives to both SDKs', async () => {
  const page = await readFile(PAGE, 'utf8');
  const [of2, of1] = bounded;
  const { tools } = await of1.client.listTools();
  const pictures = [...page.matchAll(PICTURES)];
  let truth = page;
  for (const [picture, head = '', name = '', args] of pictures) {
    const tool = tools.find((each) => each.name === name);
    const texts = args
      ? (await ask([of2, of1], name, JSON.parse(args.replace('"expired"', `"${EXPIRED}"`))))
          .map(textOf)
          .map(steady)
      : [JSON.stringify({ name, description: tool?.description, inputSchema: tool?.inputSchema }, null, 2)];
    expect(new Set(texts).size, texts.join('\n')).toBe(1);
    truth = truth.replace(picture, () => `${head}${texts[0]}\n\`\`\`\n`);
  }
  if (process.env.UPDATE_DOCS) await writeFile(PAGE, truth);
  else expect(page).toBe(truth);
  expect(pictures).toHaveLength(4);
});
