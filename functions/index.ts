export { createToken, decodeToken, verifyToken } from './tokens.js';
