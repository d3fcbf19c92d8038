/** How a piece of text stands out on a terminal. */
export type Style = 'good' | 'bad' | 'dim' | 'bold';

const CODES: Readonly<Record<Style, string>> = { good: '32', bad: '31', dim: '2', bold: '1' };

/** Paints text where colours are taken. */
export type Paint = (style: Style, text: string) => string;

/** The painter for a terminal, or for what is none. */
export const painter =
  (hasColour: boolean): Paint =>
  (style, text) =>
    hasColour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;

/**
 * Text of others as it may stand on a terminal: characters that move the cursor, change colours or turn the direction
 * of writing are spelled out.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });

/** JSON, in which such characters are escaped, so that it still means the same. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );

/** A value of others in one line and of bounded length. */
export function shownValue(value: unknown): string {
  const text = printable(JSON.stringify(value) ?? 'undefined');
  return text.length > 400 ? `${text.slice(0, 400)}…` : text;
}
