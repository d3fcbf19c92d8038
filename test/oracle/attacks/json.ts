/** Raw text or bytes, with a description. */
export type Raw = readonly [what: string, raw: string | Uint8Array];

/**
 * Texts that are not exactly one JSON object in UTF-8, made from the members of a valid object.
 *
 * @see RFC 7515 section 5.2 steps 2 to 4, RFC 7519 section 7.2 step 10, RFC 8725 section 3.7
 */
export const notAnObject = (members: string): readonly Raw[] => [
  ['a list (CVE-2026-107723)', `[{${members}}]`],
  ['an empty list (CVE-2026-107723)', '[]'],
  ...['"text"', '1', '0', 'null', 'true', ' ', '\0'].map((raw): Raw => [JSON.stringify(raw), raw]),
  ['two objects', `{${members}}{${members}}`],
  ['an object and a newline and an object', `{${members}}\n{${members}}`],
  ['an object and a NUL', `{${members}}\0`],
  ['an object and a comma', `{${members}},`],
  ['an object and a byte-order mark', `{${members}}\ufeff`],
  ['a byte-order mark and an object', `\ufeff{${members}}`],
  ['cut off', `{${members}`],
  ['JavaScript', "{alg:'HS256',sub:'user-1'}"],
  ['form data', 'alg=HS256&sub=user-1&exp=1800003600'],
  ['XML', '<sub>user-1</sub>'],
  ['binary', Uint8Array.of(0, 1, 2, 3)],
  ...[',', '/* */', ',"x":01', ',"x":0x10', ',"x":NaN', ',"x":Infinity', ',"x":undefined', ',"x":1n'].map(
    (end): Raw => [`an object that ends with ${end}`, `{${members}${end}}`],
  ),
  ['an object with a raw newline in text', `{${members},"x":"\n"}`],
  ...NOT_UTF8.map(([what, hex]): Raw => {
    const bytes = Buffer.concat([
      Buffer.from(`{${members},"x":"`),
      Buffer.from(hex, 'hex'),
      Buffer.from('"}'),
    ]);
    return [`an object with ${what}`, bytes];
  }),
  ['in UTF-16', Buffer.from(`{${members}}`, 'utf16le')],
  ['in UTF-16 with its mark', Buffer.from(`\ufeff{${members}}`, 'utf16le')],
  ['in Latin-1', Buffer.from(`{${members},"x":"é"}`, 'latin1')],
];

const NOT_UTF8 = [
  ['an overlong slash', 'c0af'],
  ['an overlong NUL', 'c080'],
  ['a character cut off', 'e282'],
  ['a stray continuation byte', '80'],
  ['a raw surrogate', 'eda080'],
  ['a raw pair of surrogates', 'eda0bdedb880'],
  ['a character beyond Unicode', 'f4908080'],
  ['a byte that is never in UTF-8', 'ff'],
] as const;
