import { readFile } from 'node:fs/promises';
import ts from 'typescript';

/** The code blocks of one language in a document. */
export async function blocksOf(file: URL, language: string): Promise<string[]> {
  const text = await readFile(file, 'utf8');
  return Array.from(text.matchAll(/^```(\w+)\n(.*?)^```$/gms))
    .filter(([, name]) => name === language)
    .map(([, , body]) => body ?? '');
}

/** Runs a block that imports nothing but types, and returns what it exports. */
export async function run(block: string): Promise<Record<string, unknown>> {
  const { outputText } = ts.transpileModule(block, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
  });
  return import(/* @vite-ignore */ `data:text/javascript,${encodeURIComponent(outputText)}`);
}

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
