/** How a text stands out on a terminal. */
export type Style = 'good' | 'bad' | 'dim' | 'bold';

const CODES: Readonly<Record<Style, string>> = { good: '32', bad: '31', dim: '2', bold: '1' };

/** Colours a text, if the terminal shows colours. */
export type Paint = (style: Style, text: string) => string;

/** Creates the {@link Paint} of an output. Without colours, it returns the text as it is. */
export const painter =
  (hasColour: boolean): Paint =>
  (style, text) =>
    hasColour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;

/**
 * A text from a token or a server, made safe for a terminal: characters that move the cursor, change colours or reverse
 * the direction of writing are escaped.
 */
export const printable = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`;
  });

/** JSON with the same characters escaped, so that it parses to the same value. */
export const printableJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(
      { length: character.length },
      (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
