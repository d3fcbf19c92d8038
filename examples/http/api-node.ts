// Run it with: npx tsx api-node.ts
import { createServer } from 'node:http';
import { gate } from './api-gate.js';

const metadata = gate.nodeMetadata();
const protect = gate.node();
const protectFiles = gate.node({ scopes: ['files:write'] });

const server = createServer((request, response) => {
  const answer = (body: object): void => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(body));
  };
  metadata(request, response, () => {
    if (request.url === '/health') {
      response.end('ok');
    } else if (request.url === '/files') {
      protectFiles(request, response, () => answer({ written: true }));
    } else {
      protect(request, response, () => {
        const { clientId, scopes } = gate.authOf(request);
        answer({ clientId, scopes });
      });
    }
  });
});
server.listen(3000);
