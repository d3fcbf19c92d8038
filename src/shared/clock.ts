/**
 * How far the clocks of processes may differ beyond the configured tolerance, in seconds. A revocation outlives its token
 * by so much, and a used DPoP proof is remembered for so much longer, because a process whose clock is behind still
 * accepts it.
 */
export const CLOCK_MARGIN = 60;
