/**
 * Protects an MCP server over HTTP. `intentkit-auth/http` protects any other API.
 *
 * @module intentkit-auth/mcp
 */
export type { NodeMiddleware, NodeRequest, NodeResponse } from '../gate/middleware.js';
export type { ApiOptions, GateMembers, ResourceOptions } from '../gate/options.js';
export type {
  AuthInfo,
  Gate,
  OptionalHandler,
  OptionalRoute,
  ProtectedHandler,
  PublicHandler,
  RouteOptions,
  StrictRoute,
  Verifier,
} from '../gate/types.js';
export type {
  StandardIssue,
  StandardPathPart,
  StandardResult,
  StandardSchemaV1,
} from '../src/shared/standard-schema.js';
export type { Store } from '../src/shared/store.js';
export { protectMcp } from './protect-mcp.js';
export { createTokenVerifier } from './token-verifier.js';
export type {
  McpGate,
  McpOptions,
  PrivateMcpOptions,
  PublicMcpGate,
  ScopeDemand,
  TokenVerifier,
  TokenVerifierOptions,
} from './types.js';
