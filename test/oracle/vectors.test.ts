// The examples of the standards, as printed in them. That they are exact is checked by node:crypto and by jose.
import { createHmac, createPublicKey, verify as cryptoVerify, type JsonWebKey } from 'node:crypto';
import { createAuthClient, type TokenPayload, type VerifyResult } from 'intentkit-auth';
import { compactVerify, importJWK, type JWK } from 'jose';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type JwksServer, startJwksServer } from '../support/jwks-server.js';
import { base64url } from '../support/mint.js';

interface Vector {
  section: string;
  alg: string;
  header: string;
  payload: string;
  signature: string;
  key: JWK;
}

/** `{"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}` */
const JOE = 'eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ';
const JOES_CLAIMS = { iss: 'joe', exp: 1_300_819_380, 'http://example.com/is_root': true };

const HS256: Vector = {
  section: 'RFC 7515 appendix A.1',
  alg: 'HS256',
  // {"typ":"JWT",\r\n "alg":"HS256"}
  header: 'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9',
  payload: JOE,
  signature: 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk',
  key: {
    kty: 'oct',
    k: 'AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow',
  },
};

const RS256: Vector = {
  section: 'RFC 7515 appendix A.2',
  alg: 'RS256',
  header: 'eyJhbGciOiJSUzI1NiJ9',
  payload: JOE,
  signature:
    'cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7' +
    'AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4' +
    'BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K' +
    '0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqv' +
    'hJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrB' +
    'p0igcN_IoypGlUPQGe77Rw',
  key: {
    kty: 'RSA',
    n:
      'ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp' +
      '-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOW' +
      'vG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUs' +
      'LA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9k' +
      'G4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2' +
      'PAcDTW9gb54h4FRWyuXpoQ',
    e: 'AQAB',
  },
};

const ES256: Vector = {
  section: 'RFC 7515 appendix A.3',
  alg: 'ES256',
  header: 'eyJhbGciOiJFUzI1NiJ9',
  payload: JOE,
  signature: 'DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q',
  key: {
    kty: 'EC',
    crv: 'P-256',
    x: 'f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU',
    y: 'x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0',
  },
};

const ES512: Vector = {
  section: 'RFC 7515 appendix A.4',
  alg: 'ES512',
  header: 'eyJhbGciOiJFUzUxMiJ9',
  // Payload
  payload: 'UGF5bG9hZA',
  signature:
    'AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZq' +
    'wqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8Kp' +
    'EHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn',
  key: {
    kty: 'EC',
    crv: 'P-521',
    x: 'AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk',
    y: 'ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2',
  },
};

const ED25519: Vector = {
  section: 'RFC 8037 appendices A.4 and A.5',
  alg: 'EdDSA',
  header: 'eyJhbGciOiJFZERTQSJ9',
  // Example of Ed25519 signing
  payload: 'RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc',
  signature: 'hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg',
  key: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' },
};

const RFC_7519_3_1: Vector = { ...HS256, section: 'RFC 7519 section 3.1' };

const JWTS = [HS256, RS256, ES256, RFC_7519_3_1];
const OTHERS = [ES512, ED25519];

const compact = ({ header, payload, signature }: Vector): string => `${header}.${payload}.${signature}`;
const secretOf = ({ key }: Vector): Buffer => Buffer.from(key.k ?? '', 'base64url');

const withBitFlipped = (vector: Vector): Vector => {
  const bytes = Buffer.from(vector.signature, 'base64url');
  bytes.writeUInt8(bytes.readUInt8(20) ^ 0x10, 20);
  return { ...vector, signature: base64url(bytes) };
};

let server: JwksServer;
beforeAll(async () => {
  const keys = [RS256, ES256, ES512, ED25519].map(({ key }) => key);
  server = await startJwksServer({ keys });
});
afterAll(() => server.close());

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime((JOES_CLAIMS.exp - 1) * 1000);
});
afterEach(() => {
  vi.useRealTimers();
});

const verify = (vector: Vector): Promise<VerifyResult> => {
  const config = vector.key.kty === 'oct' ? { secret: secretOf(vector) } : { jwksUrl: server.url };
  return createAuthClient(config).verify(compact(vector));
};

const accepted = { valid: true, payload: JOES_CLAIMS, expired: false };
const refused = (reason: string, message: string, payload: TokenPayload = {}) => ({
  valid: false,
  payload,
  expired: reason === 'expired',
  reason,
  message,
});

describe('The vectors are exact', () => {
  it.each([...JWTS, ...OTHERS])('$section, by node:crypto', (vector) => {
    const data = Buffer.from(`${vector.header}.${vector.payload}`);
    const signature = Buffer.from(vector.signature, 'base64url');
    expect(JSON.parse(Buffer.from(vector.header, 'base64url').toString()).alg).toBe(vector.alg);
    if (vector.key.kty === 'oct') {
      expect(createHmac('sha256', secretOf(vector)).update(data).digest()).toEqual(signature);
      return;
    }
    const key = createPublicKey({ key: vector.key as JsonWebKey, format: 'jwk' });
    const hash = vector.alg === 'EdDSA' ? null : `sha${vector.alg.slice(2)}`;
    const dsaEncoding = 'ieee-p1363';
    expect(cryptoVerify(hash, data, { key, dsaEncoding }, signature)).toBe(true);
  });

  it.each([...JWTS, ...OTHERS])('$section, by jose', async (vector) => {
    const key = await importJWK(vector.key, vector.alg);
    const { payload } = await compactVerify(compact(vector), key, { algorithms: [vector.alg] });
    expect(base64url(payload)).toBe(vector.payload);
  });
});

describe.each(JWTS)('$section, by $alg', (vector) => {
  it('is valid before it expires', async () => {
    expect(await verify(vector)).toEqual(accepted);
  });

  it('has expired from then on, and today', async () => {
    const expired = refused('expired', 'The token has expired.', JOES_CLAIMS);
    vi.setSystemTime(JOES_CLAIMS.exp * 1000);
    expect(await verify(vector)).toEqual(expired);
    vi.useRealTimers();
    expect(await verify(vector)).toEqual(expired);
  });

  it('has another signature when a bit is flipped', async () => {
    expect(await verify(withBitFlipped(vector))).toEqual(
      refused('signature', 'The signature was not made by the expected key.'),
    );
  });

  it('decodes to its claims', () => {
    const client = createAuthClient({ jwksUrl: server.url });
    expect(client.decode(compact(vector))).toEqual(JOES_CLAIMS);
  });
});

describe.each(OTHERS)('$section, by $alg', (vector) => {
  it('has a good signature over what is no JWT', async () => {
    expect(await verify(vector)).toEqual(refused('malformed', 'The payload is not a JSON object.'));
  });

  it('has another signature when a bit is flipped', async () => {
    expect(await verify(withBitFlipped(vector))).toEqual(
      refused('signature', 'The signature was not made by the expected key.'),
    );
  });
});

describe('RFC 7519 section 6.1 and RFC 7515 appendix A.5', () => {
  it('is an unsecured JWT, which is none here', async () => {
    const unsecured = { ...HS256, header: 'eyJhbGciOiJub25lIn0', signature: '' };
    const message = 'The token is not three non-empty segments of canonical base64url.';
    expect(await verify(unsecured)).toEqual(refused('malformed', message));
    expect(await verify({ ...unsecured, signature: HS256.signature })).toEqual(
      refused('algorithm', 'The "alg" header is not an accepted algorithm.'),
    );
  });
});
