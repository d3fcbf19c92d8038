/** Reads the `@example` blocks of doc comments. */
const COMMENT = /\/\*\*\n.*?\*\//gs;

/** The name is made of the file's path, so that a failing test leads to it. */
export type Example = [name: string, text: string];

/** Returns the examples in a source. An example that is not one block of TypeScript is returned as it is, and does not compile. */
export function examplesIn(file: string, source: string): Example[] {
  const comments = Array.from(source.matchAll(COMMENT), ([comment]) =>
    comment.replace(/^ *\*(?: |(?=\n))/gm, ''),
  );
  return comments
    .flatMap((comment) => comment.split(/^@example/m).slice(1))
    .map((example) => /^\n```ts\n(.*?)^```$/ms.exec(example)?.[1] ?? example)
    .map((text, index) => [`${file.replace(/\W/g, '-')}-${index + 1}`, text]);
}

/** What an example says that it writes to stdout. */
export const promised = (text: string): string =>
  Array.from(text.matchAll(/^process\.stdout\.write\(.*\); \/\/ (.*)$/gm), ([, line]) => `${line}\n`).join(
    '',
  );
