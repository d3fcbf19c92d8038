import { type CanActivate, type ExecutionContext, HttpException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { Request, Response } from 'express';
import type { RouteOptions } from 'intentkit-auth/http';
import { gate } from './api-gate.js';

/** What a route requires, such as `@Access({ scopes: ['files:write'] })`. `@Access('public')` turns the check off. */
export const Access = Reflector.createDecorator<RouteOptions | 'public'>();

export class AuthGuard implements CanActivate {
  readonly #reflector = new Reflector();

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const access = this.#reflector.getAllAndOverride(Access, [context.getHandler(), context.getClass()]);
    if (access === 'public') return true;
    const http = context.switchToHttp();
    const response = http.getResponse<Response>();
    return new Promise((resolve, reject) => {
      // A refusal becomes an exception, so that the filters of the application see it.
      const refusal = {
        writeHead: (status: number, headers: Record<string, string>) => response.status(status).set(headers),
        end: (body: string) => reject(new HttpException(JSON.parse(body), response.statusCode)),
      };
      gate.node(access)(http.getRequest<Request>(), refusal, () => resolve(true));
    });
  }
}
