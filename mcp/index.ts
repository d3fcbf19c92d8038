/**
 * Protects an MCP server, or any other API, over HTTP.
 *
 * @module intentkit-auth/mcp
 */
export type { McpOptions, ResourceOptions, TokenVerifierOptions } from '../gate/options.js';
export type {
  AuthInfo,
  Gate,
  NodeMiddleware,
  NodeRequest,
  NodeResponse,
  ProtectedHandler,
  ScopeDemand,
  TokenVerifier,
} from '../gate/types.js';
export type { Store } from '../src/shared/store.js';
export { protectMcp } from './protect-mcp.js';
export { createTokenVerifier } from './token-verifier.js';
