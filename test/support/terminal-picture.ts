/** The colours and weights of `cli/text.ts`, and nothing else. */
const STYLES: Readonly<Record<string, string>> = {
  1: 'font-weight="bold"',
  2: 'fill="#8b949e"',
  31: 'fill="#ff7b72"',
  32: 'fill="#7ee787"',
};
const [CHARACTER, LINE, MARGIN] = [8.4, 20, 16];

const escaped = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    // Browsers collapse spaces in a picture, and not all of them have heeded `xml:space`.
    .replace(/ {2,}/g, (spaces) => '&#160;'.repeat(spaces.length));

/** The text of one line, with a `tspan` for each part that stands out. */
const styled = (line: string): string =>
  line
    .split('\u001b[')
    .map((part, index) => {
      if (index === 0) return escaped(part);
      const [code = '', ...text] = part.split('m');
      const shown = escaped(text.join('m'));
      const style = STYLES[code];
      return style && shown ? `<tspan ${style}>${shown}</tspan>` : shown;
    })
    .join('');

/** Draws what a command printed to a terminal of 80 columns as an SVG. */
export function terminalPicture(printed: string, title: string): string {
  const lines = printed.trimEnd().split('\n');
  const [width, height] = [80 * CHARACTER + 2 * MARGIN, lines.length * LINE + 2 * MARGIN];
  const texts = lines.map(
    (line, at) => `<text x="${MARGIN}" y="${MARGIN + (at + 0.75) * LINE}">${styled(line)}</text>`,
  );
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img">`,
    `<title>${escaped(title)}</title>`,
    `<rect width="${width}" height="${height}" rx="8" fill="#0d1117"/>`,
    '<g fill="#e6edf3" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">',
    ...texts,
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}
