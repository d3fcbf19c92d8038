// For Bun, Deno and Node: the task is the first argument, the report goes to stdout.
import { createAuthClient } from 'intentkit-auth';
import { errorsOfEntries } from './entries.js';
import { run } from './scenario.js';

// Gives a warning by default, which must not reach stdout.
createAuthClient({ secret: 'short' });

const report = await run(JSON.parse(process.argv[2] ?? ''));
process.stdout.write(JSON.stringify({ ...report, entries: await errorsOfEntries() }));
