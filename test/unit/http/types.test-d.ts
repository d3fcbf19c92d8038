// What the types of both doors allow and refuse.
import { type } from 'arktype';
import type { AuthClient, TokenPayload, VerifyResult } from 'intentkit-auth';
import { type AuthInfo, type Gate, protectApi, type Verifier } from 'intentkit-auth/http';
import {
  createTokenVerifier,
  type McpGate,
  type McpOptions,
  type PublicMcpGate,
  protectMcp,
} from 'intentkit-auth/mcp';
import * as v from 'valibot';
import { expectTypeOf, it } from 'vitest';
import { z } from 'zod';

declare const client: AuthClient;
declare const request: Request;
const resource = 'https://api.example.com';
interface Claims {
  roles: string[];
  plan: string;
}
const schema = z.object({ roles: z.array(z.string()), plan: z.string().default('free') });

it('A client is a verifier, and so is an object of its own', () => {
  expectTypeOf<AuthClient>().toExtend<Verifier>();
  expectTypeOf<Pick<AuthClient, 'verify'>>().toExtend<Verifier>();
  expectTypeOf<{ verify(token: string): Promise<VerifyResult> }>().toExtend<Verifier>();
});

it('The schema types the claims of the caller, at the door of an API', async () => {
  const gate = protectApi(client, { resource, claims: schema });
  expectTypeOf(gate).toEqualTypeOf<Gate<Claims>>();
  expectTypeOf(gate.authOf(request)).toEqualTypeOf<AuthInfo<Claims>>();
  expectTypeOf(gate.authOf(request, { optional: true })).toEqualTypeOf<AuthInfo<Claims> | undefined>();
  expectTypeOf(await gate.authenticate(request)).toEqualTypeOf<AuthInfo<Claims> | Response>();
  expectTypeOf(await gate.authenticate(request, { scopes: ['a'] })).toEqualTypeOf<
    AuthInfo<Claims> | Response
  >();
  expectTypeOf(await gate.authenticate(request, { optional: true })).toEqualTypeOf<
    AuthInfo<Claims> | Response | undefined
  >();
  gate.fetch((_, { authInfo }) => Response.json(authInfo.claims.roles));
  gate.fetch((_, { authInfo }) => Response.json(authInfo?.claims.roles), { optional: true });
  // @ts-expect-error a request without a token has no caller
  gate.fetch((_, { authInfo }) => Response.json(authInfo.claims), { optional: true });
});

it('The schema types the claims of the caller, at the door of an MCP server and with any library', () => {
  expectTypeOf(protectMcp(client, { resource, claims: schema })).toEqualTypeOf<McpGate<Claims>>();
  const ofValibot = protectApi(client, { resource, claims: v.object({ roles: v.array(v.string()) }) });
  expectTypeOf(ofValibot.authOf(request).claims).toEqualTypeOf<{ roles: string[] }>();
  const ofArktype = protectApi(client, { resource, claims: type({ roles: 'string[]' }) });
  expectTypeOf(ofArktype.authOf(request).claims).toEqualTypeOf<{ roles: string[] }>();
  expectTypeOf(protectApi(client, { resource })).toEqualTypeOf<Gate<TokenPayload>>();
  expectTypeOf(protectMcp(client, { resource })).toEqualTypeOf<McpGate<TokenPayload>>();
});

it('The options refuse what the gate sets itself, and what it does not know', () => {
  protectApi(client, { resource, metadata: { resource_name: 'Files' } });
  // @ts-expect-error the gate sets it
  protectApi(client, { resource, metadata: { resource: 'x' } });
  // @ts-expect-error the resource is needed
  protectApi(client, {});
  // @ts-expect-error only a schema
  protectApi(client, { resource, claims: {} });
  // @ts-expect-error the error is needed
  createTokenVerifier(client, { resource });
  // @ts-expect-error only an MCP server has tools
  protectApi(client, { resource }).requireScopes('a');
});

it('With public tools, or options that may have them, a handler may get a request without a caller', () => {
  const gate = protectMcp(client, { resource, claims: schema, publicTools: ['search'] });
  expectTypeOf(gate).toEqualTypeOf<PublicMcpGate<Claims>>();
  gate.fetch((_, { authInfo, parsedBody }) => Response.json([authInfo?.claims.roles, parsedBody]));
  // @ts-expect-error a request without a token has no caller
  gate.fetch((_, { authInfo }) => Response.json(authInfo.claims));
  expectTypeOf(protectMcp(client, {} as McpOptions)).toEqualTypeOf<PublicMcpGate<TokenPayload>>();
  // @ts-expect-error only an MCP server has tools
  protectApi(client, { resource, publicTools: ['search'] });
});
