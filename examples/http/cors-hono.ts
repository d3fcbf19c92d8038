import { Hono } from 'hono';
import { cors } from 'hono/cors';
import { gate } from './gate.js';
import { handler } from './mcp-server.js';

const serve = gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo }));

export const app = new Hono();
// Before the gate, because a preflight has no token.
app.use(cors({ origin: ['https://app.example.com'], exposeHeaders: ['WWW-Authenticate', 'Mcp-Session-Id'] }));
app.all('*', ({ req }) => serve(req.raw));
