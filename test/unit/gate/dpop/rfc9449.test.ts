// The examples of RFC 9449 (https://www.rfc-editor.org/rfc/rfc9449), at the time at which they were made.
import { decodeJwt } from 'jose';
import { describe, expect, it, vi } from 'vitest';
import { createProofCheck, type ProvenRequest } from '../../../../gate/dpop/proof.js';
import { Refusal } from '../../../../gate/refusals.js';
import { freezeClock } from '../../../support/clock.js';

freezeClock();

const HEADER =
  'eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJoRjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19';
/** Figure 2: a proof for the token endpoint, which is about no token. */
const TOKEN_REQUEST = `${HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIiwiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg`;
/** Figure 13: a proof for a protected resource. */
const RESOURCE_REQUEST = `${HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZWN0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9.2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA`;

const proven: ProvenRequest = {
  method: 'GET',
  url: 'https://resource.example.org/protectedresource',
  token: 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU',
  /** Figure 8. */
  thumbprint: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
  maxAge: 60,
};

const checkProof = createProofCheck();
const at = (milliseconds: number): void => void vi.setSystemTime(milliseconds);
const outcome = async (proof: string, changes: Partial<ProvenRequest> = {}) => {
  const checked = await checkProof(proof, { ...proven, ...changes });
  return checked instanceof Refusal ? checked.description : 'accepted';
};

describe('RFC 9449', () => {
  it('has in figure 13 a proof that is accepted for its request', async () => {
    at(1_562_262_618_000);
    expect(await outcome(RESOURCE_REQUEST)).toBe('accepted');
  });

  it('has in figure 2 a proof for the token endpoint, which a resource refuses because it has no "ath"', async () => {
    at(1_562_262_616_000);
    expect(decodeJwt(TOKEN_REQUEST)).not.toHaveProperty('ath');
    const request = { method: 'POST', url: 'https://server.example.com/token' };
    expect(await outcome(TOKEN_REQUEST, request)).toBe('The DPoP proof is for another token.');
  });

  it.each([
    { changes: { method: 'POST' }, description: 'The DPoP proof is for another method.' },
    { changes: { url: 'https://resource.example.org/' }, description: 'The DPoP proof is for another URL.' },
    { changes: { token: 'Kz~8' }, description: 'The DPoP proof is for another token.' },
    {
      changes: { thumbprint: '0ZcOCORZNYy' },
      description: 'The DPoP proof is signed with another key than that of the token.',
    },
  ])(
    'has in figure 13 a proof that is refused for another request: $description',
    async ({ changes, description }) => {
      at(1_562_262_618_000);
      expect(await outcome(RESOURCE_REQUEST, changes)).toBe(description);
    },
  );

  it('has in figure 13 a proof that is refused today', async () => {
    expect(await outcome(RESOURCE_REQUEST)).toBe('The DPoP proof is too old or from the future.');
  });
});
