import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { createAuthClient } from 'intentkit-auth';
import { protectMcp } from 'intentkit-auth/mcp';

const resource = 'https://api.example.com/mcp';
const issuers = [{ issuer: 'https://your-tenant.auth0.com/', audience: resource }];
const gate = protectMcp(createAuthClient({ issuers }), { resource, requiredScopes: ['mcp'] });
const handler = createMcpHandler(() => new McpServer({ name: 'my-server', version: '1.0.0' }));

export const fetch = gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo }));
