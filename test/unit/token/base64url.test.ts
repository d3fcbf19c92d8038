import { describe, expect, it } from 'vitest';
import { decodeBase64url } from '../../../src/token/base64url.js';
import { withoutBuffer } from '../../support/without-buffer.js';

const portable = await withoutBuffer(() => import('../../../src/token/base64url.js'));
const DECODERS: [name: string, decode: typeof decodeBase64url][] = [
  ['Buffer', decodeBase64url],
  ['atob', portable.decodeBase64url],
];
const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);

describe.each(DECODERS)('decodeBase64url with %s', (name, decode) => {
  it(`decodeBase64url with ${name} decodes every byte, for each length of the last group`, () => {
    for (const length of [0, 1, 2, 3, 254, 255, 256]) {
      const some = bytes.subarray(256 - length);
      expect([...(decode(Buffer.from(some).toString('base64url')) ?? [])]).toEqual([...some]);
    }
  });

  it.each([
    'A',
    'AB',
    'AAB',
    'AA==',
    'AA=',
    'AAAA=',
    '+_8',
    '_/8',
    ' AA',
    'AA\n',
    'A A',
    'é',
    'Ａ',
    'AA\0',
    '!',
  ])(`decodeBase64url with ${name} refuses %j, which is not canonical`, (text) => {
    expect(decode(text)).toBeUndefined();
  });
});
