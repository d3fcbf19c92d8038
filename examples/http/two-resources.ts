import express from 'express';
import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';

const issuer = process.env.ISSUER ?? 'https://issuer.example.com';
const auth = createAuthClient({ issuers: [{ issuer }] });
// The client has no audience, so each gate accepts only tokens for its own resource.
const files = protectApi(auth, { resource: 'https://api.example.com/files', requiredScopes: ['files'] });
const mail = protectApi(auth, { resource: 'https://api.example.com/mail', requiredScopes: ['mail'] });

export const app = express();
// Before the routes, because the metadata of both is outside of their paths.
app.use(files.nodeMetadata(), mail.nodeMetadata());
app.get('/files', files.node(), (_request, response) => void response.send('files'));
app.get('/mail', mail.node(), (_request, response) => void response.send('mail'));
