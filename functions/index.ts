export { getAuthClient } from './get-auth-client.js';
export { createToken, decodeToken, verifyToken } from './tokens.js';
