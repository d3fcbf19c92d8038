export { getAuthClient } from './get-auth-client.js';
export type { TokenFunctions, TokenFunctionsOptions } from './tokens.js';
export { createToken, createTokenFunctions, decodeToken, revokeToken, verifyToken } from './tokens.js';
