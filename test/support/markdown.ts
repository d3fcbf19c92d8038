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
