import type { Call } from '../compare.js';
import { badTokens, claimsOf, goodToken, type Issuer } from '../tokens.js';
import { bare } from './bare.js';
import type { Contender, OnToken } from './contender.js';
import { fastJwt } from './fast-jwt.js';
import { jose } from './jose.js';
import { jsonwebtoken } from './jsonwebtoken.js';
import { nodeRs } from './node-rs.js';
import { ours } from './ours.js';

/** All contenders, in the order of the columns. */
export const CONTENDERS: readonly Contender[] = [ours, jose, jsonwebtoken, fastJwt, nodeRs, bare];
export const NAMES = CONTENDERS.map(({ name }) => name);

type Verifiers = Record<string, OnToken>;

/** Returns the verifiers by name. Throws if one checks less than the others, because its speed could not be compared. */
export async function verifiersOf(issuer: Issuer, atOnce: number, only = NAMES): Promise<Verifiers> {
  const verifiers: Verifiers = {};
  for (const { name, verifier } of CONTENDERS) {
    const verify = only.includes(name) && (await verifier(issuer, atOnce));
    if (!verify) continue;
    verifiers[name] = verify;
    if (!(await accepts(verify, goodToken(issuer)))) throw new Error(`${name} refuses a valid token.`);
    for (const [kind, token] of Object.entries(badTokens(issuer)))
      if (await accepts(verify, token)) throw new Error(`${name} accepts an invalid token: ${kind}.`);
  }
  return verifiers;
}

/** Returns the signers by name. Throws if one of them makes an invalid token. */
export async function signersOf(issuer: Issuer, atOnce: number): Promise<Record<string, Call>> {
  const signers: Record<string, Call> = {};
  const verify = await ours.verifier(issuer, 1);
  const claims = claimsOf();
  for (const { name, signer } of CONTENDERS) {
    const sign = await signer(issuer, atOnce);
    if (!sign || !verify) continue;
    signers[name] = () => sign(claims);
    if (!(await accepts(verify, String(await sign(claims)))))
      throw new Error(`${name} makes an invalid token.`);
  }
  return signers;
}

/** True if a verifier accepts a token. Some libraries report a refusal by throwing, others by a result. */
export async function accepts(verify: OnToken, token: string): Promise<boolean> {
  try {
    const verdict = await verify(token);
    return typeof verdict === 'object' && verdict !== null && !('valid' in verdict && !verdict.valid);
  } catch {
    return false;
  }
}
