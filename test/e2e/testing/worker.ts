// Runs on Cloudflare workerd, in memory only.
import { prove } from './prove.js';

// biome-ignore lint/style/noDefaultExport: workerd requires it.
export default {
  fetch: async (request: Request): Promise<Response> =>
    Response.json(
      await prove(new URL(request.url).pathname === '/http' ? 'over HTTP' : 'in memory').catch(String),
    ),
};
