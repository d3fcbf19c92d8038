// Run it with: npx tsx api-nest.ts
import 'reflect-metadata';
import { Controller, Get, Module, Put, Req } from '@nestjs/common';
import { APP_GUARD, NestFactory } from '@nestjs/core';
import type { Request } from 'express';
import { gate } from './api-gate.js';
import { Access, AuthGuard } from './api-nest-guard.js';

@Controller()
class FilesController {
  @Get('health')
  @Access('public')
  health() {
    return 'ok';
  }

  @Get('news')
  @Access({ optional: true })
  news(@Req() request: Request) {
    return { reader: gate.authOf(request, { optional: true })?.subject ?? null };
  }

  @Get('me')
  me(@Req() request: Request) {
    const { clientId, scopes } = gate.authOf(request);
    return { clientId, scopes };
  }

  @Put('files')
  @Access({ scopes: ['files:write'] })
  write() {
    return { written: true };
  }
}

// The guard runs before every route of the application.
@Module({ controllers: [FilesController], providers: [{ provide: APP_GUARD, useClass: AuthGuard }] })
class AppModule {}

const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'] });
app.use(gate.nodeMetadata());
await app.listen(3000);
