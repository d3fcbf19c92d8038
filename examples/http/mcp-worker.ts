import { gate } from './gate.js';
import { handler } from './mcp-server.js';

export default {
  fetch: gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo })),
};
