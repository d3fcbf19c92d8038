// Run it with: npx tsx api-express.ts
import express from 'express';
import { gate } from './api-gate.js';

const app = express();
app.use(gate.nodeMetadata());
app.get('/health', (_request, response) => void response.send('ok'));
app.get('/news', gate.node({ optional: true }), (request, response) => {
  const reader = gate.authOf(request, { optional: true });
  response.json({ reader: reader?.subject ?? null });
});
// All routes below need a token.
app.use(gate.node());
app.get('/me', (request, response) => {
  const { clientId, scopes } = gate.authOf(request);
  response.json({ clientId, scopes });
});
app.put('/files', gate.node({ scopes: ['files:write'] }), (_request, response) => {
  response.json({ written: true });
});
app.listen(3000);
