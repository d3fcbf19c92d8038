import { readFileSync, writeFileSync } from 'node:fs';

/** A table in Markdown that also reads well as text. */
export function lines(head: readonly string[], body: readonly (readonly string[])[]): string {
  const widths = head.map((_, at) => Math.max(3, ...[head, ...body].map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
}

/** Replaces what stands between two comments of a file of the repository, or adds both at its end. */
export function replaceBlock(path: string, name: string, bodyFor: (old: string) => string): void {
  const file = new URL(`../../${path}`, import.meta.url);
  const [before = '', rest = ''] = readFileSync(file, 'utf8').split(`<!-- ${name} -->\n`);
  const [old = '', after = ''] = rest.split(`<!-- /${name} -->\n`);
  const block = `<!-- ${name} -->\n${bodyFor(old)}\n<!-- /${name} -->\n`;
  writeFileSync(file, `${before}${block}${after}`);
}
