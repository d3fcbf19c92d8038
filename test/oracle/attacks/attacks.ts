import { algorithmAttacks } from './algorithm.js';
import { claimAttacks } from './claims.js';
import { encodingAttacks } from './encoding.js';
import { fetchAttacks, headerAttacks } from './header.js';
import { payloadAttacks } from './payload.js';
import { type Attack, attack } from './row.js';
import { signatureAttacks } from './signature.js';
import { sizeAttacks } from './size.js';

/** All attacks, by target. No verifier may send a request to `url`, so the caller counts the requests there. */
export const attacks = (url: string): Readonly<Record<string, readonly Attack[]>> => ({
  algorithm: algorithmAttacks.map(attack),
  header: headerAttacks.map(attack),
  'where the key is': fetchAttacks(url).map(attack),
  signature: signatureAttacks.map(attack),
  encoding: encodingAttacks.map(attack),
  payload: payloadAttacks.map(attack),
  claims: claimAttacks.map(attack),
  size: sizeAttacks.map(attack),
});
