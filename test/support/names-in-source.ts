import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const ROOT = new URL('../../', import.meta.url);

/**
 * Every name of a member that the sources in these folders declare, read or write, in order: of options, claims, header
 * parameters, JWK members and results. Text that could be such a name counts too, because `own(claims, 'exp')` reads a
 * member by text.
 */
export async function memberNames(folders: readonly string[]): Promise<string[]> {
  const texts = await Promise.all(folders.map(textsIn));
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (
      ts.isPropertyAccessExpression(node) ||
      ts.isPropertySignature(node) ||
      ts.isPropertyAssignment(node)
    ) {
      if (ts.isIdentifier(node.name)) names.add(node.name.text);
    } else if (ts.isShorthandPropertyAssignment(node) || ts.isPropertyDeclaration(node)) {
      if (ts.isIdentifier(node.name)) names.add(node.name.text);
    } else if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const name = node.propertyName ?? node.name;
      if (ts.isIdentifier(name)) names.add(name.text);
    } else if (ts.isStringLiteral(node) && /^[a-z]\w*$/i.test(node.text)) {
      names.add(node.text);
    }
    ts.forEachChild(node, visit);
  };
  for (const text of texts.flat()) visit(ts.createSourceFile('', text, ts.ScriptTarget.Latest, true));
  return [...names].toSorted();
}

async function textsIn(folder: string): Promise<string[]> {
  const directory = new URL(`${folder}/`, ROOT);
  const files = await readdir(fileURLToPath(directory), { recursive: true });
  return Promise.all(
    files.filter((file) => file.endsWith('.ts')).map((file) => readFile(new URL(file, directory), 'utf8')),
  );
}
