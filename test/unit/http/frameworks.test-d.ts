// The gate leaves the types of express, fastify, Nest and connect as they are.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import middie from '@fastify/middie';
import type { NestMiddleware } from '@nestjs/common';
import express, { type RequestHandler, Router } from 'express';
import fastify from 'fastify';
import type { Gate, NodeMiddleware } from 'intentkit-auth/http';
import { expectTypeOf, it } from 'vitest';

declare const gate: Gate;
const app = express();

it('Behind every kind of gate, the request is that of express', () => {
  for (const guard of [gate.node(), gate.node({ scopes: ['a'] }), gate.node({ optional: true })]) {
    app.post('/orders/:id', guard, (request, response) => {
      expectTypeOf(request.body).toBeAny();
      expectTypeOf(request.params).toEqualTypeOf<{ id: string }>();
      expectTypeOf(request.query).toEqualTypeOf<Parameters<RequestHandler>[0]['query']>();
      response.json(request.body.item);
    });
  }
  app.post('/orders', gate.node(), gate.node({ scopes: ['a'] }), (request, response) => {
    response.json(request.body.item);
  });
});

it('Types that the application gives stay', () => {
  interface Order {
    item: string;
  }
  app.post<'/:id', { id: string }, string, Order, { page: string }>(
    '/:id',
    gate.node(),
    (request, response) => {
      expectTypeOf(request.body).toEqualTypeOf<Order>();
      expectTypeOf(request.query).toEqualTypeOf<{ page: string }>();
      expectTypeOf(request.params).toEqualTypeOf<{ id: string }>();
      response.send(request.body.item);
    },
  );
  const handler: RequestHandler<{ id: string }, string, Order> = (request, response) => {
    response.send(request.body.item + request.params.id);
  };
  app.post('/orders/:id', gate.node(), handler);
});

it('The gate is middleware wherever express takes it', () => {
  app.use(gate.node());
  app.use('/api', gate.node(), gate.nodeMetadata());
  const list: RequestHandler[] = [gate.node(), gate.nodeMetadata()];
  const router = Router().use(list);
  router.get('/:id', gate.node(), (request, response) => void response.json(request.params.id));
  router
    .route('/:id')
    .all(gate.node())
    .put((request, response) => void response.json(request.body.item));
  app.post('/listed', [gate.node(), gate.node({ scopes: ['a'] })], ((request, response) => {
    response.json(request.body.item);
  }) satisfies RequestHandler);
});

it('The gate is middleware of node:http, fastify and Nest', async () => {
  createServer((request, response) => gate.node()(request, response, () => response.end()));
  type Connect = (
    request: IncomingMessage,
    response: ServerResponse,
    next: (error?: unknown) => void,
  ) => void;
  expectTypeOf<NodeMiddleware>().toExtend<Connect>();
  expectTypeOf<NodeMiddleware>().toExtend<NestMiddleware['use']>();
  const server = fastify();
  await server.register(middie);
  server.use(gate.node());
});
