import { Hono } from 'hono';
import { gate } from './gate.js';
import { handler } from './mcp-server.js';

const serve = gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo }));

export const app = new Hono();
app.all('*', ({ req }) => serve(req.raw));
