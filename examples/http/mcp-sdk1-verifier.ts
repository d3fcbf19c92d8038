import { InvalidTokenError } from '@modelcontextprotocol/sdk/server/auth/errors.js';
import { requireBearerAuth } from '@modelcontextprotocol/sdk/server/auth/middleware/bearerAuth.js';
import { getOAuthProtectedResourceMetadataUrl } from '@modelcontextprotocol/sdk/server/auth/router.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import express from 'express';
import { createTokenVerifier } from 'intentkit-auth/mcp';
import { auth, gate, resource } from './gate.js';
import { connect, stepUp } from './mcp-sdk1-server.js';

const verifier = createTokenVerifier(auth, {
  resource,
  // SDK 1.x answers 401 to this error only.
  invalidToken: (message) => new InvalidTokenError(message),
});
const protect = requireBearerAuth({
  verifier,
  requiredScopes: ['mcp'],
  resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(new URL(resource)),
});

export const app = express();
app.use(gate.nodeMetadata());
app.post('/mcp', protect, stepUp, async (request, response) => {
  const transport = new StreamableHTTPServerTransport();
  const server = await connect(transport);
  response.on('close', () => server.close());
  await transport.handleRequest(request, response, request.body);
});
