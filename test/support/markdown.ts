import { readdir } from 'node:fs/promises';

/** Every document of the repository, by its path. */
export const DOCUMENTS: readonly string[] = [
  'README.md',
  'SECURITY.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'bench/README.md',
  'host/README.md',
  ...(await readdir(new URL('../../docs/', import.meta.url)))
    .filter((file) => file.endsWith('.md'))
    .map((file) => `docs/${file}`),
];

/** These pages compare code and list configurations. Tests of their own run each block. */
export const PAGES_OF_BLOCKS: readonly string[] = ['docs/identity-providers.md', 'docs/migration.md'];

/** The code blocks of a document in one of these languages. */
export const blocksIn = (text: string, ...languages: readonly string[]): string[] =>
  Array.from(text.matchAll(/^```(\w+)[^\n]*\n(.*?)^```$/gms))
    .filter(([, language = '']) => languages.includes(language))
    .map(([, , body]) => body ?? '');

/** The rows of a table in a document, and what its head calls the columns. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** All tables of a document. */
export function tablesOf(text: string): Table[] {
  const cells = (line: string): string[] =>
    line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim());
  return Array.from(text.matchAll(/^\|.*\|\n\|[-| :]+\|\n((?:\|.*\|\n?)*)/gm), ([table]) => {
    const [head = '', , ...rows] = table.trimEnd().split('\n');
    return { head: cells(head), rows: rows.map(cells) };
  });
}

/** What stands between backticks in a text. */
export const codeIn = (text = ''): string[] =>
  Array.from(text.matchAll(/`([^`]+)`/g), ([, code = '']) => code);
