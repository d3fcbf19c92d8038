// Run it with: npx tsx api-two-resources.ts
import express from 'express';
import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const { ISSUER: issuer = '', RESOURCE: origin = '' } = process.env;
if (!issuer || !origin) throw new Error('Set the variables ISSUER and RESOURCE.');
// The client has no `audience`, so each gate demands that the token is for its own resource.
const auth = createAuthClient({ issuers: [{ issuer }] });
const all = ['api', 'files:write'];
const scopes = { requiredScopes: ['api'], initialScopes: all, scopesSupported: all };
const files = protectApi(auth, { resource: `${origin}/files`, ...scopes });
const mail = protectApi(auth, { resource: `${origin}/mail`, ...scopes });

const app = express();
app.use(files.nodeMetadata());
app.use(mail.nodeMetadata());
app.get('/health', (_request, response) => void response.send('ok'));
app.use('/files', files.node());
app.get('/files', (request, response) => {
  const { clientId, scopes } = files.authOf(request);
  response.json({ clientId, scopes });
});
app.put('/files', files.node({ scopes: ['files:write'] }), (_request, response) => {
  response.json({ written: true });
});
app.use('/mail', mail.node());
app.get('/mail', (request, response) => {
  const { clientId, scopes } = mail.authOf(request);
  response.json({ clientId, scopes });
});
app.listen(3000);
