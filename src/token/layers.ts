import { own } from '../shared/own-properties.js';

/*
 * What people paste with a token, and what may have changed its characters on the way. The code uses no regular expression on
 * the text, because JavaScript engines keep the last matched input in memory.
 */

/** What is wrong with a text that was given as a token, in two sentences. Neither contains any part of the text. */
export interface Mistake {
  /** What is wrong. */
  readonly what: string;
  /** What to change. */
  readonly change: string;
}

/** Something that was added to a token, and that can be removed again. */
export interface Layer extends Mistake {
  /**
   * `outside`: people paste it with the token, and the token itself is unchanged. `JSON`: the token is a field of something else.
   * `inside`: the characters of the token were changed, perhaps already by the issuer.
   */
  readonly place: 'outside' | 'JSON' | 'inside';
  /** Whether a text without white space around it has this layer. */
  isOn(text: string): boolean;
  without(text: string): string;
}

/** A token as the value of a parameter: nearly every token begins with `eyJ`, which is `{"` in base64url. */
const PARAMETER = '=eyJ';
const QUOTES = `"'“”‘’\\`;
const isWhiteSpace = (character: string): boolean => character.trim() === '';
/** What copying may put between the characters of a token. */
const INVISIBLE = [
  ' ',
  '\n',
  '\r',
  '\t',
  '\0',
  '\u00a0',
  '\u00ad',
  '\u200b',
  '\u200c',
  '\u200d',
  '\u2060',
  '\ufeff',
];
const isHexDigit = (character: string): boolean =>
  character !== '' && '0123456789abcdefABCDEF'.includes(character);

const begins = (text: string, word: string): boolean => text.slice(0, word.length).toLowerCase() === word;
const isScheme = (text: string, scheme: string): boolean =>
  begins(text, scheme) && isWhiteSpace(text.charAt(scheme.length));

const LAYERS: readonly Layer[] = [
  {
    place: 'outside',
    what: 'The token is a whole "Authorization" header.',
    change: 'Give only what follows the scheme, "Bearer".',
    isOn: (text) => begins(text, 'authorization:'),
    without: (text) => withoutScheme(text.slice('authorization:'.length).trim()),
  },
  {
    place: 'outside',
    what: 'The token begins with "Bearer".',
    change: 'Give the token without its scheme.',
    isOn: (text) => isScheme(text, 'bearer'),
    without: (text) => text.slice('bearer'.length),
  },
  {
    place: 'outside',
    what: 'The token begins with "DPoP".',
    change: 'Give the token without its scheme.',
    isOn: (text) => isScheme(text, 'dpop'),
    without: (text) => text.slice('dpop'.length),
  },
  {
    place: 'outside',
    what: 'The token is in quotes.',
    change: 'Remove the quotes.',
    isOn: (text) => isAround(text, QUOTES),
    without: (text) => stripped(text, QUOTES),
  },
  {
    place: 'outside',
    what: 'The token is in backticks.',
    change: 'Remove the backticks.',
    isOn: (text) => isAround(text, '`'),
    without: (text) => stripped(text, '`'),
  },
  {
    place: 'JSON',
    what: 'The token is inside JSON.',
    change: 'Give only the value of the field that holds the token, such as "access_token".',
    isOn: (text) => text.startsWith('{'),
    without: tokenInJson,
  },
  {
    place: 'JSON',
    what: 'The token is inside a URL or a form.',
    change: 'Give only the value of the parameter that holds the token.',
    isOn: (text) => text.includes(PARAMETER),
    without: (text) => {
      const [value = ''] = text.slice(text.indexOf(PARAMETER) + 1).split('&', 1);
      return value;
    },
  },
  {
    place: 'inside',
    what: 'The token is URL-encoded, with "%" in it.',
    change: 'Decode it first, for example with decodeURIComponent.',
    isOn: (text) => {
      const at = text.indexOf('%');
      return at >= 0 && isHexDigit(text.charAt(at + 1)) && isHexDigit(text.charAt(at + 2));
    },
    without: urlDecoded,
  },
  {
    place: 'inside',
    what: 'The token has a line break or another space in it.',
    change: 'Give the token alone, in one line.',
    isOn: (text) => text.includes('.') && hasInvisible(text),
    without: (text) => [...text].filter((character) => !INVISIBLE.includes(character)).join(''),
  },
  {
    place: 'inside',
    what: 'The token is padded with "=".',
    change: 'Remove the padding, or have the issuer leave it out: JWTs have none.',
    // An opaque token may end with "=": that is not padding of a JWT.
    isOn: (text) => text.includes('.') && (text.endsWith('=') || text.includes('=.')),
    without: (text) =>
      text
        .split('.')
        .map((segment) => stripped(segment, '='))
        .join('.'),
  },
];

/** Returns the outermost layer of a text, which must have no white space around it. */
export const layerOn = (text: string): Layer | undefined => LAYERS.find(({ isOn }) => isOn(text));

const withoutScheme = (text: string): string => {
  const scheme = ['bearer', 'dpop'].find((name) => isScheme(text, name)) ?? '';
  return text.slice(scheme.length);
};

const isAround = (text: string, characters: string): boolean =>
  text !== '' && (characters.includes(text.charAt(0)) || characters.includes(text.charAt(text.length - 1)));

function stripped(text: string, characters: string): string {
  let [from, to] = [0, text.length];
  while (from < to && characters.includes(text.charAt(from))) from += 1;
  while (to > from && characters.includes(text.charAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

const hasInvisible = (text: string): boolean => INVISIBLE.some((character) => text.includes(character));

/** Finds the token in the response of a token endpoint, or in another object. */
function tokenInJson(text: string): string {
  try {
    const object: object = JSON.parse(text);
    const known = ['access_token', 'id_token', 'token'].map((name) => own(object, name));
    const others = Object.values(object).filter((value) => typeof value === 'string' && value.includes('.'));
    const found = [...known, ...others].find((value) => typeof value === 'string');
    return typeof found === 'string' ? found : text;
  } catch {
    return text;
  }
}

function urlDecoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
