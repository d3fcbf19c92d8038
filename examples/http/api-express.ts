import express from 'express';
import type { AuthInfo } from 'intentkit-auth/mcp';
import { gate } from './gate.js';

export const app = express();
app.use(gate.node());
app.get('/me', (request, response) => {
  const { clientId, scopes } = (request as { auth?: AuthInfo }).auth as AuthInfo;
  response.json({ clientId, scopes });
});
