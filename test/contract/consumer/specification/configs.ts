// biome-ignore-all lint: the code of the specification, untouched.
// biome-ignore-all format: the code of the specification, untouched.
// biome-ignore-all assist: the code of the specification, untouched.

// Left out by the samples:
import { createAuthProvider } from 'intentkit-auth';

// Symmetric secret:
createAuthProvider({
  secret: process.env.JWT_SECRET!,
  defaultExpiry: '24h',
})

// JWKS endpoint (Auth0):
createAuthProvider({
  jwksUrl: 'https://your-tenant.auth0.com/.well-known/jwks.json',
  issuer: 'https://your-tenant.auth0.com/',
  audience: 'https://your-api.example.com',
})

// JWKS endpoint (Okta):
createAuthProvider({
  jwksUrl: 'https://your-org.okta.com/oauth2/default/v1/keys',
  issuer: 'https://your-org.okta.com/oauth2/default',
  audience: 'api://default',
})

// Issuer and audience:
createAuthProvider({
  secret: process.env.JWT_SECRET!,
  issuer: 'my-service',
  audience: 'my-api',
  algorithm: 'HS384',
  defaultExpiry: '8h',
})
