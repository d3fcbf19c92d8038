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

/** @throws {UsageError} for an option that is unknown, lacks its value, or takes none. */
export function parseOptions(args: readonly string[]) {
  const given = { args: [...args], options: OPTIONS, allowPositionals: true } as const;
  // Checked here, because the errors of the strict parser name the option only in their sentence.
  for (const token of parseArgs({ ...given, strict: false, tokens: true }).tokens) {
    if (token.kind === 'option') checkOption(token);
  }
  return parseArgs({ ...given, strict: true });
}

interface OptionToken {
  readonly name: string;
  /** As it was written, such as `--json` or `-h`. */
  readonly rawName: string;
  readonly value?: string | undefined;
  /** Whether the value follows a `=`. */
  readonly inlineValue?: boolean | undefined;
}

function checkOption({ name, rawName, value, inlineValue }: OptionToken): void {
  if (!isOption(name)) {
    const nearest = nearestName(name, Object.keys(OPTIONS));
    const hint = nearest === undefined ? '' : ` Did you mean --${nearest}?`;
    throw new UsageError(`${shown(rawName)} is not an option.${hint}`);
  }
  if (OPTIONS[name].type === 'boolean') {
    if (value !== undefined) throw new UsageError(`${rawName} takes no value.`);
  } else if (value === undefined || (!inlineValue && /^-./.test(value))) {
    // In `--issuer --json`, the next word is another option and not a value.
    throw new UsageError(`${rawName} needs a value.`);
  }
}

/** Text from the command line, escaped for the terminal and shortened. */
const shown = (text: string): string => printable(text.slice(0, 80));

const isOption = (name: string): name is keyof typeof OPTIONS => Object.hasOwn(OPTIONS, name);

/** The command, if these options and no other arguments were given. @throws {UsageError} */
export function commandOf([command, ...others]: readonly string[], values: Options): string {
  const allowed = command !== undefined && Object.hasOwn(ALLOWED, command) ? ALLOWED[command] : undefined;
  if (!command || !allowed) {
    const nearest = command && nearestName(command, Object.keys(ALLOWED));
    throw new UsageError(`Give a command: inspect or doctor.${nearest ? ` Did you mean ${nearest}?` : ''}`);
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
