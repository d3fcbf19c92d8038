// For Bun and Deno: prints what came of both modes.
import { prove } from './prove.js';

process.stdout.write(JSON.stringify([await prove('in memory'), await prove('over HTTP')]));
