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
}

export function sourceNames(program: ts.Program): SourceNames {
  const checker = program.getTypeChecker();
  const exported = (file: string, name: string): ts.Symbol => {
    const source = program.getSourceFile(pathOf(file));
    const module = source && checker.getSymbolAtLocation(source);
    const symbol = module && checker.getExportsOfModule(module).find((each) => each.name === name);
    if (!symbol) throw new Error(`${file} exports no ${name}.`);
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  };
  return {
    of: (file, name) => {
      const type = checker.getDeclaredTypeOfSymbol(exported(file, name));
      const members = type.isUnion() ? type.types : [type];
      const literals = members.filter((member) => member.isStringLiteral());
      if (literals.length === members.length) return literals.map(({ value }) => value);
      return type.getProperties().map((property) => property.name);
    },
    listedBy: (file, name) => {
      const [declaration] = exported(file, name).declarations ?? [];
      const statement = declaration && ts.findAncestor(declaration, ts.isStatement);
      const text = statement?.getSourceFile().text.slice(statement.pos, statement.getStart()) ?? '';
      return Array.from(text.matchAll(/^ \* - (`.*?`):/gm), ([, names]) => codeIn(names)).flat();
    },
  };
}
