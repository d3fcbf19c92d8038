import { describe, expect, it } from 'vitest';
import {
  isLoopback,
  isSafeUrl,
  leadsHere,
  mayBeLoopback,
  sameResource,
  shownUrl,
  spellingsOf,
  wellKnownUrl,
} from '../../../src/shared/url.js';

describe('shownUrl', () => {
  const HIDDEN = 'hush-hush';
  it.each([
    `https://user:${HIDDEN}@id.example/tenant`,
    ` https://user:${HIDDEN}@id.example/tenant`,
    `\thttps://${HIDDEN}@id.example/tenant`,
    `https:\\\\user:${HIDDEN}@id.example/tenant`,
    `https:user:${HIDDEN}@id.example/tenant`,
    `redis+tls://user:${HIDDEN}@id.example/tenant`,
    `a+b://user:${HIDDEN}@id.example/tenant`,
    `https://id.example/tenant?key=${HIDDEN}`,
    `https://id.example/tenant#${HIDDEN}`,
    `https//user:${HIDDEN}@id.example/tenant`,
    `user:${HIDDEN}@id.example/tenant`,
    `https://user:${HIDDEN}@@id.example/tenant`,
    `https://user:${HIDDEN}@id example/tenant`,
  ])('shows nothing secret of %j', (text) => {
    expect(shownUrl(text)).not.toContain(HIDDEN);
    expect(shownUrl(text)).toContain('example/tenant');
  });

  it.each([
    ['as it is spelled', 'HTTPS://ID.example:443/Tenant/', 'HTTPS://ID.example:443/Tenant/'],
    ['with an "@" in its path', 'https://id.example/@tenant', 'https://id.example/@tenant'],
    [
      'without characters that change a terminal',
      'https://id.example/\u001b[2J\u202e',
      'https://id.example/�[2J�',
    ],
    [
      'up to 200 characters',
      `https://id.example/${'a'.repeat(300)}`,
      `https://id.example/${'a'.repeat(181)}`,
    ],
    ['that is only text', 'my-service', 'my-service'],
  ])('shows a URL %s', (_, text, expected) => {
    expect(shownUrl(text)).toBe(expected);
  });
});

describe('A host is this machine', () => {
  it.each([
    ['localhost', true, true],
    ['LOCALHOST', true, true],
    ['localhost.', true, true],
    ['127.0.0.1', true, true],
    ['127.255.0.3', true, true],
    ['127.1', true, true],
    ['0x7f000001', true, true],
    ['2130706433', true, true],
    ['0.0.0.0', false, true],
    ['0', false, true],
    ['[::1]', true, true],
    ['[::]', false, true],
    ['[0:0:0:0:0:0:0:1]', true, true],
    ['[::ffff:127.0.0.1]', true, true],
    ['[::ffff:7f01:203]', true, true],
    ['[::ffff:0.0.0.0]', false, true],
    ['idp.localhost', false, true],
    ['idp.localhost.', false, true],
    ['localhost.example', false, false],
    ['mylocalhost', false, false],
    ['128.0.0.1', false, false],
    ['[::2]', false, false],
    ['[::ffff:128.0.0.1]', false, false],
    ['127.0.0.1.example', false, false],
  ])('%s: certainly %s, perhaps %s', (host, certainly, perhaps) => {
    const url = new URL(`http://${host}/`);
    expect([isLoopback(url), mayBeLoopback(url), isSafeUrl(url)]).toEqual([certainly, perhaps, certainly]);
    expect(isSafeUrl(new URL(`https://${host}/`))).toBe(true);
  });

  it('Neither ftp: nor data: is a safe scheme, whatever the host', () => {
    expect([isSafeUrl(new URL('ftp://localhost/')), isSafeUrl(new URL('data:,x'))]).toEqual([false, false]);
  });
});

it.each([
  ['https://id.example', 'https://127.0.0.1/', true],
  ['https://id.example', 'https://0.0.0.0/', true],
  ['https://id.example', 'https://a.localhost/', true],
  ['http://localhost:1', 'http://[::]/', false],
  ['https://id.example', 'https://other.example/', false],
])('Whether %s leads to this machine by naming %s: %s', (from, to, expected) => {
  expect(leadsHere(new URL(from), new URL(to))).toBe(expected);
});

it.each([
  ['https://id.example', 'https://id.example/.well-known/x'],
  ['https://id.example/', 'https://id.example/.well-known/x'],
  ['https://id.example/a/b/', 'https://id.example/.well-known/x/a/b'],
  ['https://id.example/a?b=c', 'https://id.example/.well-known/x/a'],
])('The well-known URL of %s is %s', (url, expected) => {
  expect(wellKnownUrl(new URL(url), 'x').href).toBe(expected);
});

it.each([
  ['https://api.example.com', 'https://api.example.com/', true],
  ['http://127.0.0.1:8080', 'http://127.0.0.1:8080/', true],
  ['HTTPS://API.example.com', 'HTTPS://API.example.com/', true],
  ['https://api.example.com/mcp', 'https://api.example.com/mcp', true],
  ['my-api', 'my-api', true],
  ['https://api.example.com/mcp', 'https://api.example.com/mcp/', false],
  ['https://api.example.com/', 'https://api.example.com//', false],
  ['https://api.example.com', 'https://API.example.com/', false],
  ['https://api.example.com', 'http://api.example.com', false],
  ['https://api.example.com?', 'https://api.example.com?/', false],
  ['https://api.example.com#', 'https://api.example.com#/', false],
  ['https://api.example.com/?a', 'https://api.example.com/?a/', false],
  ['api://app', 'api://app/', false],
  ['my-api', 'my-api/', false],
  ['', '/', false],
])('%j and %j are one resource: %s', (one, other, isSame) => {
  expect([sameResource(one, other), sameResource(other, one)]).toEqual([isSame, isSame]);
  expect(spellingsOf(one)[0]).toBe(one);
});
