/**
 * Protects any API over HTTP. `intentkit-auth/mcp` adds features for MCP servers.
 *
 * @module intentkit-auth/http
 */
export type { NodeMiddleware, NodeRequest, NodeResponse } from '../gate/middleware.js';
export type { ApiOptions, GateMembers, ResourceOptions } from '../gate/options.js';
export type {
  AuthInfo,
  Gate,
  OptionalHandler,
  OptionalRoute,
  ProtectedHandler,
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
export { protectApi } from './protect-api.js';
