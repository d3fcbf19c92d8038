import { parseArgs } from 'node:util';
import { doctor } from './doctor/doctor.js';
import { HELP } from './help.js';
import { inspect } from './inspect/inspect.js';
import { type ExitCode, type Io, UsageError } from './io.js';

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
export type Options = ReturnType<typeof parse>['values'];

/** What each command may be given. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  inspect: ['json'],
  doctor: ['issuer', 'audience', 'jwks-url', 'mcp', 'timeout', 'json'],
};

/** Runs a command line. It never throws. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const { values, positionals } = parse(args);
    if (values.help) {
      io.writeOut(HELP);
      return 0;
    }
    const command = commandOf(positionals, values);
    return command === 'inspect' ? await inspect(values, io) : await doctor(values, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.writeError(`${error.message}\nSee npx intentkit-auth --help.\n`);
      return 2;
    }
    // What could be in an unknown error is unknown, a token too.
    io.writeError(
      `The command failed unexpectedly (${error instanceof Error ? error.name : typeof error}).\n`,
    );
    return 1;
  }
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true, strict: true });
  } catch (error) {
    // Its first sentence names the option. What follows is advice that does not fit here.
    const [sentence] = (error instanceof Error ? error.message : '').split('. ');
    throw new UsageError(`${sentence?.replace(/\.?$/, '.')}`);
  }
}

function commandOf([command, ...others]: readonly string[], values: Options): string {
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
