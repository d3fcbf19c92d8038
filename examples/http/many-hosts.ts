import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
const auth = createAuthClient({ issuers: [{ issuer }] });
// Only these hosts have a gate: a caller may write any name into the request.
const HOSTS = ['one.example.com', 'two.example.com'];

const serve = (host: string) =>
  protectApi(auth, { resource: `https://${host}` }).fetch(
    (_request, { authInfo }) => new Response(authInfo.subject),
  );
const servers = new Map(HOSTS.map((host) => [host, serve(host)]));

export async function fetch(request: Request): Promise<Response> {
  const server = servers.get(new URL(request.url).host);
  return server ? server(request) : new Response(null, { status: 421 });
}
