/** What the tokens of each identity provider look like, and where its keys are. */

export type Claims = Record<string, unknown>;
/** A token that is refused: how it differs from a good one, and the reason. */
export type Refused = [what: string, changes: Claims, reason: string, header?: Claims];

export interface Provider {
  /** Its heading in docs/identity-providers.md. */
  readonly name: string;
  /** The URL of its keys. */
  readonly keys: string;
  /** Whether the keys are discovered. */
  readonly isDiscovered?: boolean;
  readonly algorithm?: 'RS256' | 'ES256';
  /** What differs in its keys. `undefined` leaves a member out. */
  readonly key?: Claims;
  /** The header beside `alg` and `kid`. */
  readonly header: Claims;
  readonly claims: Claims;
  /** Claims of further tokens that are accepted. */
  readonly accepted?: readonly Claims[];
  /** Tokens that are refused, besides those that every configuration refuses. */
  readonly refused?: readonly Refused[];
}

type More = Partial<Provider>;

export const below = (issuer: string, path: string): string => `${issuer.replace(/\/$/, '')}/${path}`;

/** A provider whose keys are discovered. */
const found = (name: string, iss: string, header: Claims, claims: Claims, more: More = {}): Provider => ({
  ...{ name, keys: below(iss, 'keys'), isDiscovered: true, header, claims: { iss, ...claims } },
  ...more,
});
/** A provider whose keys are at this URL. */
const at = (name: string, keys: string, header: Claims, claims: Claims, more: More = {}): Provider => ({
  ...{ name, keys, header, claims },
  ...more,
});

const JWT = { typ: 'JWT' };
const AT_JWT = { typ: 'at+jwt' };
/** Without `typ`. */
const NONE = { typ: undefined };
const ID_TOKEN: Refused = ['an ID token', {}, 'claim', JWT];
const API = 'https://your-api.example.com';
const ENTRA = 'https://login.microsoftonline.com';
const entra = { aud: 'your-api-client-id', azp: 'app', scp: 'read', tid: 'your-tenant-id', ver: '2.0' };
/** The keys of Entra name no algorithm. */
const key = { alg: undefined };

// biome-ignore format: a table
export const PROVIDERS: readonly Provider[] = [
  found('Auth0', 'https://your-tenant.auth0.com/', JWT,
    { aud: [API, 'https://your-tenant.auth0.com/userinfo'], azp: 'app', scope: 'openid read', permissions: ['read'] }),
  found('Okta', 'https://your-org.okta.com/oauth2/default', NONE,
    { ver: 1, jti: 'AT.1', aud: 'api://default', cid: 'app', uid: '00u1', scp: ['read'], sub: 'a@b.example' }),
  found('Microsoft Entra ID', `${ENTRA}/your-tenant-id/v2.0`, JWT, entra, {
    key,
    refused: [
      ['a token of version 1', { iss: 'https://sts.windows.net/your-tenant-id/' }, 'issuer'],
      ['a token of another tenant', { iss: `${ENTRA}/other/v2.0` }, 'issuer'],
    ],
  }),
  found('Entra ID with several tenants', `${ENTRA}/first-tenant-id/v2.0`, JWT, entra, {
    key,
    accepted: [{ iss: `${ENTRA}/second-tenant-id/v2.0` }],
    refused: [['a token of another tenant', { iss: `${ENTRA}/third-tenant-id/v2.0` }, 'issuer']],
  }),
  at('Entra External ID', 'https://your-name.ciamlogin.com/your-tenant-id/discovery/v2.0/keys', JWT,
    { iss: 'https://your-tenant-id.ciamlogin.com/your-tenant-id/v2.0', ...entra }, { key }),
  at('Azure AD B2C', 'https://your-name.b2clogin.com/your-name.onmicrosoft.com/your-policy/discovery/v2.0/keys', JWT,
    { iss: 'https://your-name.b2clogin.com/your-tenant-id/v2.0/', ...entra, tfp: 'your-policy', ver: '1.0' },
    { key, refused: [['a token of another policy', { tfp: 'other' }, 'claim']] }),
  found('Keycloak', 'https://sso.example.com/realms/your-realm', JWT,
    { aud: ['your-api', 'account'], typ: 'Bearer', azp: 'app', scope: 'openid', realm_access: { roles: ['editor'] } },
    { refused: [['a token without a mapper', { aud: 'account' }, 'audience']] }),
  found('Amazon Cognito', 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_yourPool', NONE,
    { client_id: 'your-app-client-id', token_use: 'access', scope: 'openid', 'cognito:groups': ['editors'] },
    {
      refused: [
        ['a token of another app', { client_id: 'other' }, 'client'],
        ['an ID token', { client_id: undefined, aud: 'your-app-client-id', token_use: 'id' }, 'client'],
      ],
    }),
  at('Google', 'https://www.googleapis.com/oauth2/v3/certs', JWT,
    { iss: 'https://accounts.google.com', aud: 'your-client-id.apps.googleusercontent.com', azp: 'a', hd: 'example.com' },
    { accepted: [{ iss: 'accounts.google.com' }] }),
  found('Firebase', 'https://securetoken.google.com/your-project-id', JWT,
    { aud: 'your-project-id', user_id: 'u', firebase: { identities: {}, sign_in_provider: 'password' } }),
  at('Supabase', 'https://your-project.supabase.co/auth/v1/.well-known/jwks.json', JWT,
    { iss: 'https://your-project.supabase.co/auth/v1', aud: 'authenticated', role: 'authenticated', is_anonymous: false },
    {
      algorithm: 'ES256',
      accepted: [{ is_anonymous: undefined }],
      refused: [['a token of an anonymous user', { is_anonymous: true }, 'claim']],
    }),
  found('Clerk', 'https://your-app.clerk.accounts.dev', JWT,
    { azp: 'https://app.example.com', sid: 'sess_1', v: 2, o: { id: 'org_1', rol: 'admin' } },
    {
      refused: [
        ['a token of another page', { azp: 'https://evil.example' }, 'client'],
        ['a token without a page', { azp: undefined }, 'client'],
      ],
    }),
  at('WorkOS', 'https://api.workos.com/sso/jwks/your-client-id', NONE,
    { iss: 'https://api.workos.com/user_management/your-client-id', org_id: 'org_1', role: 'member', sid: 's' },
    { refused: [['a token of another client', { iss: 'https://api.workos.com/user_management/other' }, 'issuer']] }),
  at('Stytch', 'https://api.stytch.com/v1/sessions/jwks/your-project-id', JWT,
    { iss: 'stytch.com/your-project-id', aud: ['your-project-id'], 'https://stytch.com/session': { id: 'session-1' } }),
  at('Descope', 'https://api.descope.com/your-project-id/.well-known/jwks.json', JWT,
    { iss: 'https://api.descope.com/your-project-id', drn: 'DS', amr: ['oauth'], tenants: {} },
    { accepted: [{ iss: 'your-project-id' }], refused: [['a refresh token', { drn: 'DSR' }, 'claim']] }),
  found('Zitadel', 'https://your-instance.zitadel.cloud', JWT,
    { aud: ['your-project-id'], client_id: 'app', 'urn:zitadel:iam:org:project:your-project-id:roles': { editor: {} } }),
  found('Authentik', 'https://sso.example.com/application/o/your-app/', JWT,
    { aud: 'your-client-id', azp: 'your-client-id', uid: 'u', groups: ['editors'] },
    { refused: [['an ID token', { azp: undefined, uid: undefined }, 'client']] }),
  found('Logto', 'https://your-tenant.logto.app/oidc', AT_JWT,
    { aud: API, client_id: 'app', scope: 'read' }, { refused: [ID_TOKEN] }),
  found('Ory', 'https://your-slug.projects.oryapis.com', JWT,
    { aud: [API], client_id: 'app', scp: ['read'], ext: {} },
    { refused: [['a token for no audience', { aud: [] }, 'audience']] }),
  found('PingOne', 'https://auth.pingone.com/your-environment-id/as', NONE,
    { aud: [API], client_id: 'app', scope: 'read', 'p1.permissions': ['a'] }, { accepted: [{ sub: undefined }] }),
  at('AD FS', 'https://fs.example.com/adfs/discovery/keys', JWT,
    { iss: 'http://fs.example.com/adfs/services/trust', aud: API, appid: 'app', scp: 'read' },
    { refused: [['an ID token', { iss: 'https://fs.example.com/adfs' }, 'issuer']] }),
  found('Apple', 'https://appleid.apple.com', NONE,
    { aud: 'com.example.app', email_verified: 'true', nonce_supported: true }),
  at('Cloudflare Access', 'https://your-team.cloudflareaccess.com/cdn-cgi/access/certs', JWT,
    { iss: 'https://your-team.cloudflareaccess.com', aud: ['your-application-aud-tag'], type: 'app' },
    {
      accepted: [{ sub: '', common_name: 'service.access' }],
      refused: [['the token of the team domain', { type: 'org', aud: ['team'] }, 'audience']],
    }),
  found('Dex', 'https://dex.example.com', NONE, { aud: 'your-client-id', groups: ['editors'] }),
  found('Duende IdentityServer', 'https://id.example.com', AT_JWT,
    { aud: 'your-api', client_id: 'app', scope: ['read', 'write'] },
    { refused: [ID_TOKEN, ['a token without an ApiResource', { aud: undefined }, 'audience']] }),
  found('OpenIddict', 'https://id.example.com/', AT_JWT,
    { aud: 'your-api', client_id: 'app', scope: 'read', oi_tkn_id: '1' },
    { refused: [ID_TOKEN, ['a token without a resource', { aud: undefined }, 'audience']] }),
  at('FusionAuth', 'https://auth.example.com/.well-known/jwks.json', JWT,
    { iss: 'acme.com', aud: 'your-application-id', applicationId: 'your-application-id', roles: ['editor'] }),
  found('GitHub Actions', 'https://token.actions.githubusercontent.com', JWT,
    { aud: API, repository_owner_id: '1234567', repository_id: '7', ref: 'refs/heads/main' },
    { refused: [['a token of another owner', { repository_owner_id: '666' }, 'claim']] }),
  found('GitLab CI', 'https://gitlab.com', JWT,
    { aud: API, project_id: '1234567', ref_protected: 'true', runner_id: 1 },
    { refused: [['a token of another project', { project_id: '666' }, 'claim']] }),
  at('Kubernetes', 'https://kubernetes.default.svc/openid/v1/jwks', NONE,
    { iss: 'https://kubernetes.default.svc.cluster.local', aud: ['your-api'], 'kubernetes.io': { namespace: 'default' } },
    { refused: [['a token for the API server', { aud: ['https://kubernetes.default.svc'] }, 'audience']] }),
  at('SPIFFE', 'https://spire.example.org/keys', JWT, { aud: ['your-api'], sub: 'spiffe://example.org/a' }, {
    algorithm: 'ES256',
    key: { use: 'jwt-svid' },
    accepted: [{ iss: 'https://spire.example.org' }],
    refused: [
      ['a token of another trust domain', { sub: 'spiffe://example.com/a' }, 'claim'],
      ['a token of a trust domain that begins alike', { sub: 'spiffe://example.org.evil/a' }, 'claim'],
      ['a token without an audience', { aud: undefined }, 'audience'],
    ],
  }),
  at('Google IAP', 'https://www.gstatic.com/iap/verify/public_key-jwk', JWT,
    {
      iss: 'https://cloud.google.com/iap', aud: '/projects/123456789/global/backendServices/987654321',
      sub: 'accounts.google.com:1', hd: 'example.com', google: { access_levels: [] },
    },
    { algorithm: 'ES256' }),
];
