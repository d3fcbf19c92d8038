import { parseArgs } from 'node:util';
import { UsageError } from './io.js';

const OPTIONS = {
  issuer: { type: 'string' },
  audience: { type: 'string' },
  'jwks-url': { type: 'string' },
  mcp: { type: 'string' },
  timeout: { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** The options as they were given. */
export type Options = ReturnType<typeof parseOptions>['values'];

/** What each command may be given. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  inspect: ['json'],
  doctor: ['issuer', 'audience', 'jwks-url', 'mcp', 'timeout', 'json'],
};

/** @throws {UsageError} for an option that is unknown or lacks its value. */
export function parseOptions(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    // Its first sentence names the option. What follows is advice that does not fit here.
    const [sentence] = (error instanceof Error ? error.message : '').split('. ');
    throw new UsageError(`${sentence?.replace(/\.?$/, '.')}`);
  }
}

/** The command, when it may be given these options and nothing else is there. @throws {UsageError} */
export function commandOf([command, ...others]: readonly string[], values: Options): string {
  const allowed = command !== undefined && Object.hasOwn(ALLOWED, command) ? ALLOWED[command] : undefined;
  if (!command || !allowed) throw new UsageError('Give a command: inspect or doctor.');
  if (others.length > 0) {
    throw new UsageError(
      'Give a token on stdin: on the command line, others can see it and the shell keeps it.',
    );
  }
  const odd = Object.keys(values).find((name) => !allowed.includes(name));
  if (odd) throw new UsageError(`--${odd} is not an option of ${command}.`);
  return command;
}
