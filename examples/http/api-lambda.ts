// Bundle it with: npx esbuild api-lambda.ts --bundle --platform=node --outfile=lambda.cjs
// The handler of the function is then `lambda.handler`.
import express from 'express';
import serverless from 'serverless-http';
import { gate } from './api-gate.js';

const app = express();
app.use(gate.nodeMetadata());
app.get('/health', (_request, response) => void response.send('ok'));
app.use(gate.node());
app.get('/me', (request, response) => {
  const { clientId, scopes } = gate.authOf(request);
  response.json({ clientId, scopes });
});
app.put('/files', gate.node({ scopes: ['files:write'] }), (_request, response) => {
  response.json({ written: true });
});

export const handler = serverless(app);
