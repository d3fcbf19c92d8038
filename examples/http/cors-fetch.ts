import { gate } from './gate.js';
import { handler } from './mcp-server.js';

const ORIGINS = ['https://app.example.com'];
const serve = gate.fetch((request, { authInfo }) => handler.fetch(request, { authInfo }));

export async function fetch(request: Request): Promise<Response> {
  const { headers, method } = request;
  const origin = headers.get('origin') ?? '';
  // A preflight has no token, so it is answered before the gate.
  const isPreflight = method === 'OPTIONS' && headers.has('access-control-request-method');
  const answer = isPreflight ? new Response(null, { status: 204 }) : await serve(request);
  // A copy, because the headers of some responses cannot be changed.
  const response = new Response(answer.body, answer);
  response.headers.append('vary', 'Origin');
  if (!ORIGINS.includes(origin)) return response;

  response.headers.set('access-control-allow-origin', origin);
  response.headers.set('access-control-expose-headers', 'WWW-Authenticate, Mcp-Session-Id');
  if (isPreflight) {
    response.headers.set('access-control-allow-methods', 'GET, POST, DELETE');
    response.headers.set('access-control-allow-headers', headers.get('access-control-request-headers') ?? '');
  }
  return response;
}
