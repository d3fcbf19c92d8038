// Runs the bundle of a function as AWS does behind API Gateway: it imports the file, and calls `handler` with events.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { answerByFunction } from '../support/lambda.js';

const { handler } = createRequire(import.meta.url)(resolve(process.argv[2] ?? ''));
createServer(answerByFunction(handler)).listen(0, '127.0.0.1');
