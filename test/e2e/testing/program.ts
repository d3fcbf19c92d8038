// Runs on Bun and Deno, and prints the outcomes of both modes.
import { prove } from './prove.js';

process.stdout.write(JSON.stringify([await prove('in memory'), await prove('over HTTP')]));
