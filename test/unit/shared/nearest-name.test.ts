import { describe, expect, it } from 'vitest';
import { nearestName } from '../../../src/shared/nearest-name.js';

const KNOWN = ['issuer', 'issuers', 'jwksUrl', 'typ', 'requiredClaims', 'expiresIn'];

describe('nearestName', () => {
  it.each([
    ['jwksUri', 'jwksUrl'],
    ['jwks_url', 'jwksUrl'],
    ['JWKS-URL', 'jwksUrl'],
    ['jwkUrl', 'jwksUrl'],
    ['isuer', 'issuer'],
    ['isusers', 'issuers'],
    ['issuerz', 'issuer'],
    ['issuersz', 'issuers'],
    ['Issuers', 'issuers'],
    ['type', 'typ'],
    ['tp', 'typ'],
    ['required_claim', 'requiredClaims'],
    ['expires_in', 'expiresIn'],
    // In the first row, three of nine characters differ; in the second, four.
    ['expiresabc', 'expiresIn'],
    ['expabcdIn', undefined],
    ['tap', 'typ'],
    ['tax', undefined],
    ['url', undefined],
    ['', undefined],
    ['__proto__', undefined],
  ])('finds for %j the name %j', (name, nearest) => {
    expect(nearestName(name, KNOWN)).toBe(nearest);
  });

  it('finds the first of two names that are equally similar', () => {
    expect(nearestName('abx', ['aby', 'abz'])).toBe('aby');
  });

  it('does not compare a name that is much too long', () => {
    expect(nearestName('x'.repeat(10_000_000), KNOWN)).toBeUndefined();
  });
});
