/** What the demos print. */

export function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function step(title: string): void {
  say(`\n${title}`);
}

/** Prints a detail under the name of what it is. */
export function show(name: string, value: unknown): void {
  say(`      ${name.padEnd(8)} ${value}`);
}

/** Prints an expectation, and ends the demo if it is not met. */
export function expect(what: string, met: boolean): void {
  say(`  ${met ? 'ok' : 'NOT OK'}  ${what}`);
  if (!met) throw new Error(`Not as expected: ${what}.`);
}

/** A token is a credential, so even a demo prints only its beginning. */
export const shortened = (token: string): string => `${token.slice(0, 16)}… (${token.length} characters)`;
