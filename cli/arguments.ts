import { parseArgs } from 'node:util';
import { nearestName } from '../src/shared/nearest-name.js';
import { printable } from './text.js';

const OPTIONS = {
  issuer: { type: 'string' },
  audience: { type: 'string' },
  'jwks-url': { type: 'string' },
  mcp: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
  version: { type: 'boolean', short: 'v' },
} as const;

/** The options that were given. */
export type Options = ReturnType<typeof parseOptions>['values'];

/** The options of each command. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  inspect: ['json'],
  doctor: ['issuer', 'audience', 'jwks-url', 'mcp', 'timeout', 'json'],
};

/** Wrong usage. The message says what to give. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** Options of every command. */
const COMMON = ['help', 'version'];

/** @throws {UsageError} for an option that is unknown, lacks its value, or takes none. */
export function parseOptions(args: readonly string[]) {
  const given = { args: [...args], options: OPTIONS, allowPositionals: true } as const;
  // Checked here, because the errors of the strict parser name the option only in their sentence.
  const { tokens, positionals } = parseArgs({ ...given, strict: false, tokens: true });
  const known = [...(optionsOf(positionals[0]) ?? Object.keys(OPTIONS)), ...COMMON];
  for (const token of tokens) if (token.kind === 'option') checkOption(token, args[token.index] ?? '', known);
  return parseArgs({ ...given, strict: true });
}

const optionsOf = (command = ''): readonly string[] | undefined =>
  Object.hasOwn(ALLOWED, command) ? ALLOWED[command] : undefined;

interface OptionToken {
  readonly name: string;
  /** As it was written, such as `--json` or `-h`. */
  readonly rawName: string;
  readonly value?: string | undefined;
  /** Whether the value follows a `=`. */
  readonly inlineValue?: boolean | undefined;
}

/** @param argument as it was written. @param known the options to propose. */
function checkOption(token: OptionToken, argument: string, known: readonly string[]): void {
  const { name, rawName, value, inlineValue } = token;
  // To the parser, `-issuer` is six options of one letter. A word that is like no option may be a token, and is not shown.
  const [word = ''] = argument.split('=');
  const hint = /^-\w/.test(word) ? meant(word, known) : '';
  if (hint) throw new UsageError(`${shown(word)} is not an option.${hint}`);
  if (!isOption(name)) throw new UsageError(`${shown(rawName)} is not an option.${meant(rawName, known)}`);
  if (OPTIONS[name].type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
  } else if (value === undefined || (!inlineValue && /^-./.test(value))) {
    // In `--issuer --json`, the next word is another option and not a value.
    throw new UsageError(`${rawName} needs a value.`);
  }
}

/** Proposes an option for a misspelled one. Documents turn two hyphens into a dash, which is removed here too. */
function meant(written: string, known: readonly string[]): string {
  const nearest = nearestName(written.replace(/^[-–—]+/, ''), known);
  return nearest === undefined ? '' : ` Did you mean --${nearest}?`;
}

/** Text from the command line, escaped for the terminal and shortened. */
const shown = (text: string): string => printable(text.slice(0, 80));

const isOption = (name: string): name is keyof typeof OPTIONS => Object.hasOwn(OPTIONS, name);

/** The command, if these options and no other arguments were given. @throws {UsageError} */
export function commandOf([command, ...others]: readonly string[], values: Options): string {
  const allowed = optionsOf(command);
  if (!command || !allowed) {
    const nearest = command && nearestName(command, Object.keys(ALLOWED));
    const hint = nearest ? ` Did you mean ${nearest}?` : meant(command ?? '', COMMON);
    throw new UsageError(`Give a command: inspect or doctor.${hint}`);
  }
  const dashed = others.find((other) => /^[–—]/.test(other));
  if (dashed) throw new UsageError(`Write options with two hyphens.${meant(dashed, allowed)}`);
  if (others.some((other) => /^https?:/i.test(other)) && command === 'doctor') {
    throw new UsageError('Give a URL with its option, such as --issuer https://id.example.com.');
  }
  if (others.length > 0) {
    throw new UsageError(
      'Give the token on stdin: on the command line, other users can see it and the shell saves it.',
    );
  }
  const odd = Object.keys(values).find((name) => !allowed.includes(name));
  if (odd) throw new UsageError(`--${odd} is not an option of ${command}.`);
  return command;
}
