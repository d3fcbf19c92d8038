import express, { type Express } from 'express';
import { createAuthClient } from 'intentkit-auth';
import { protectApi } from 'intentkit-auth/http';
import { z } from 'zod';

const Order = z.object({ item: z.string() });

/** `audience` is the `aud` of the tokens. `resource` is the public URL of this API. */
export function createApp(config: { issuer: string; audience: string; resource: string }): Express {
  const { issuer, audience, resource } = config;
  const auth = createAuthClient({ issuers: [{ issuer, audience }] });
  const gate = protectApi(auth, { resource });
  const orders: object[] = [];

  const app = express();
  app.use(gate.nodeMetadata());
  app.get('/orders', gate.node({ scopes: ['orders:read'] }), (_request, response) => {
    response.json(orders);
  });
  app.post('/orders', gate.node({ scopes: ['orders:write'] }), express.json(), (request, response) => {
    const { data: order } = Order.safeParse(request.body);
    if (order) orders.push({ ...order, by: gate.authOf(request).subject });
    response.status(order ? 201 : 400).end();
  });
  return app;
}
