import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createResource } from '../../../gate/resource.js';
import { createGate, METADATA, requestWith } from '../../support/gate.js';

/** What the URL parser makes of a text, where it repairs nothing but the case of the host and a default port. */
const ACCEPTED: [text: string, href: string][] = [
  ['https://api.example.com', 'https://api.example.com/'],
  ['https://api.example.com/', 'https://api.example.com/'],
  ['https://api.example.com/mcp', 'https://api.example.com/mcp'],
  ['https://api.example.com/mcp/', 'https://api.example.com/mcp/'],
  ['https://api.example.com//mcp', 'https://api.example.com//mcp'],
  ['https://api.example.com/%7Euser/a%2Fb', 'https://api.example.com/%7Euser/a%2Fb'],
  ['https://API.Example.com/MCP', 'https://api.example.com/MCP'],
  ['HTTPS://api.example.com/mcp', 'https://api.example.com/mcp'],
  ['https://api.example.com:443/mcp', 'https://api.example.com/mcp'],
  ['https://api.example.com:8443', 'https://api.example.com:8443/'],
  ['https://xn--bcher-kva.example/mcp', 'https://xn--bcher-kva.example/mcp'],
  ['http://localhost:3000/mcp', 'http://localhost:3000/mcp'],
  ['http://LOCALHOST:80/mcp', 'http://localhost/mcp'],
  ['http://127.0.0.1/', 'http://127.0.0.1/'],
  ['http://[::1]:1/mcp', 'http://[::1]:1/mcp'],
];

const REPAIRED = [
  ' https://api.example.com/mcp',
  'https://api.example.com/mcp ',
  'https://api.example.com/mcp\n',
  'https://api.example.com/mcp\r\n',
  '\thttps://api.example.com/mcp',
  '\u0000https://api.example.com/mcp',
  'https://api.exam\nple.com/mcp',
  'https://api.example.com/m\tcp',
  'https://api.example.com/m cp',
  'https://api.example.com/mcp\u00a0',
  'https://api.example.com/mcp\u2028',
  'ht\ntps://api.example.com/mcp',
  'https:\\\\api.example.com\\mcp',
  'https:/\\api.example.com/mcp',
  'https://api.example.com\\mcp',
  'https://api.example.com/\\mcp',
  'https:api.example.com/mcp',
  'https:/api.example.com/mcp',
  'https:///api.example.com/mcp',
  'https:////api.example.com/mcp',
  'https://api.example.com:/mcp',
  'https://api.example.com:0443/mcp',
  'https://api.example.com/a/../mcp',
  'https://api.example.com/./mcp',
  'https://api.example.com/%2e%2e/mcp',
  'https://api.example.com/{tenant}/mcp',
  'https://api.example.com/ümlaut',
  'https://bücher.example/mcp',
  'https://api.example。com/mcp',
  // The sign for Kelvin, whose lower case is a plain k.
  'https://api.\u212aelvin.example/mcp',
  'https://%61pi.example.com/mcp',
  'http://127.1:3000/mcp',
  'http://[0:0:0:0:0:0:0:1]:3000/mcp',
];

const MORE_THAN_A_PATH = [
  'https://user@api.example.com/mcp',
  'https://user:password@api.example.com/mcp',
  'https://@api.example.com/mcp',
  'https://api.example.com/mcp?',
  'https://api.example.com/mcp#',
  'https://api.example.com?a',
  'https://api.example.com/mcp//',
  'https://api.example.com//',
];

describe('A resource', () => {
  it.each(ACCEPTED)('may be written as %j', (text, href) => {
    expect(createResource(text)).toMatchObject({ text, href });
  });

  it.each(REPAIRED)('must not be written as %j, which a URL parser repairs', (text) => {
    // Otherwise the row proves nothing.
    expect(URL.canParse(text) && new URL(text).href).not.toBe(text);
    expect(createResource(text)).toBeUndefined();
  });

  it.each(MORE_THAN_A_PATH)('must not be written as %j, which is more than an origin and a path', (text) => {
    expect(createResource(text)).toBeUndefined();
  });

  it('that is accepted survives the URL parser, whatever was put into it', () => {
    const odd = fc.constantFrom(...' \t\n\r\f\v\0\u007f\u00a0\u200b\ufeff\\/.:?#@%{}|^`"<>~;,[]é。K');
    const good = fc.constantFrom(
      'https://api.example.com/mcp',
      'https://api.example.com',
      'http://[::1]/a/b',
    );
    const inserted = fc
      .tuple(good, fc.nat(30), fc.array(odd, { minLength: 1, maxLength: 3 }))
      .map(([url, at, extra]) => `${url.slice(0, at)}${extra.join('')}${url.slice(at)}`);
    fc.assert(
      fc.property(inserted, (text) => {
        if (!createResource(text)) return;
        const { href } = new URL(text);
        expect([text.toLowerCase(), `${text.toLowerCase()}/`]).toContain(href.toLowerCase());
        expect(text).toMatch(/^[!-~]+$/);
      }),
      { numRuns: 2000 },
    );
  });

  it('is published as it is written, at the path of its metadata', async () => {
    const resource = 'https://API.example.com:443/mcp';
    const document = await createGate({ resource })
      .metadata(requestWith({}, { url: METADATA, method: 'GET' }))
      ?.json();
    expect(document).toMatchObject({ resource });
  });
});
