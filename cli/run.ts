import { commandOf, parseOptions, UsageError } from './arguments.js';
import { doctor } from './doctor/doctor.js';
import { HELP, version } from './help.js';
import { inspect } from './inspect/inspect.js';
import type { ExitCode, Io } from './io.js';
import { paragraph } from './wrap.js';

/** Runs a command line. It never throws. */
export async function run(args: readonly string[], io: Io): Promise<ExitCode> {
  try {
    const { values, positionals } = parseOptions(args);
    if (values.help) {
      io.writeOut(HELP);
      return 0;
    }
    if (values.version) {
      io.writeOut(`${version()}\n`);
      return 0;
    }
    const command = commandOf(positionals, values);
    return command === 'inspect' ? await inspect(values, io) : await doctor(values, io);
  } catch (error) {
    if (error instanceof UsageError) {
      io.writeError(paragraph(error.message) + paragraph('See npx intentkit-auth --help.'));
      return 2;
    }
    // The name only: the message of an unknown error could hold a token.
    const name = error instanceof Error ? error.name : typeof error;
    io.writeError(paragraph(`The command failed unexpectedly (${name}).`));
    return 3;
  }
}
