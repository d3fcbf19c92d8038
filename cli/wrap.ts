/** The width of an ordinary terminal. Everything that is printed fits it, except for JSON. */
export const WIDTH = 80;

/** After a space, and between two values of a JSON list or object. */
const BREAKS = /(?<= |,(?=["[{]))/;

/**
 * Splits a text into lines of at most `width` characters. A word that is longer than a line stays whole, so that a URL can be
 * copied.
 */
export function wrapped(text: string, width = WIDTH): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(BREAKS)) {
    if (line !== '' && [...`${line}${word}`.trimEnd()].length > width) {
      lines.push(line.trimEnd());
      line = '';
    }
    line += word;
  }
  return [...lines, line.trimEnd()];
}

/** Sentences for stderr, wrapped, with a line break at the end. */
export const paragraph = (text: string): string => `${wrapped(text).join('\n')}\n`;
