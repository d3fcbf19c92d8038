#!/usr/bin/env node
import { processIo } from './io.js';
import { run } from './run.js';

process.exitCode = await run(process.argv.slice(2), processIo);
// A connection attempt that was given up keeps the process alive for ten more seconds. So exit, once all output is written.
process.stdout.write('', () => process.stderr.write('', () => process.exit()));
