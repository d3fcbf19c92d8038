// Save it as proxy.ts. Run it with: npx next dev
import { gate } from './api-gate';

export async function proxy(request: Request): Promise<Response | undefined> {
  const answer = gate.metadata(request) ?? (await gate.authenticate(request));
  // Without a response, Next continues to the route.
  return answer instanceof Response ? answer : undefined;
}

export const config = {
  matcher: ['/.well-known/oauth-protected-resource/:path*', '/reports/:path*'],
};
