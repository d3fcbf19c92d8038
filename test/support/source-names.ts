/** Reads the names that the types of the source define, with the TypeScript compiler. */
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { codeIn } from './markdown.js';

const ROOT = new URL('../../', import.meta.url);
const pathOf = (file: string): string => fileURLToPath(new URL(file, ROOT));

/** Creates a program of these files with the repository's configuration. */
export function createProgram(files: readonly string[]): ts.Program {
  const { config } = ts.readConfigFile(pathOf('tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, pathOf(''));
  const host = ts.createCompilerHost(options);
  // As in tsc. Parsing the comments of all libraries would take longer.
  host.jsDocParsingMode = ts.JSDocParsingMode.ParseForTypeErrors;
  return ts.createProgram(files.map(pathOf), options, host);
}

export interface SourceNames {
  /** Returns the members of an exported union of texts, or the properties of an exported object type. */
  of(file: string, type: string): string[];
  /** Returns the names that the comment of an export lists, as in "- `name`, `other`: what they mean". */
  listedBy(file: string, name: string): string[];
  /** Returns the exported functions of a file, each with the comment of its first overload. */
  functionsOf(file: string): { name: string; comment: string }[];
}

export function sourceNames(program: ts.Program): SourceNames {
  const checker = program.getTypeChecker();
  const exportsOf = (file: string): ts.Symbol[] => {
    const source = program.getSourceFile(pathOf(file));
    const module = source && checker.getSymbolAtLocation(source);
    return (module ? checker.getExportsOfModule(module) : []).map((symbol) =>
      symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol,
    );
  };
  const exported = (file: string, name: string): ts.Symbol => {
    const symbol = exportsOf(file).find((each) => each.name === name);
    if (!symbol) throw new Error(`${file} exports no ${name}.`);
    return symbol;
  };
  const commentOf = (symbol: ts.Symbol): string => {
    const [declaration] = symbol.declarations ?? [];
    const statement = declaration && ts.findAncestor(declaration, ts.isStatement);
    return statement?.getSourceFile().text.slice(statement.pos, statement.getStart()) ?? '';
  };
  return {
    of: (file, name) => {
      const type = checker.getDeclaredTypeOfSymbol(exported(file, name));
      const members = type.isUnion() ? type.types : [type];
      const literals = members.filter((member) => member.isStringLiteral());
      if (literals.length === members.length) return literals.map(({ value }) => value);
      return type.getProperties().map((property) => property.name);
    },
    listedBy: (file, name) =>
      Array.from(commentOf(exported(file, name)).matchAll(/^ \* - (`.*?`):/gm), ([, names]) =>
        codeIn(names),
      ).flat(),
    functionsOf: (file) =>
      exportsOf(file)
        .filter(({ flags }) => flags & ts.SymbolFlags.Function)
        .map((symbol) => ({ name: symbol.name, comment: commentOf(symbol) })),
  };
}
