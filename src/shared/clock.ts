/**
 * How far the clocks of two processes may differ beyond the configured tolerance, in seconds. Revocations and used DPoP proofs
 * are kept this much longer, because a process with a slow clock accepts the token or proof for longer.
 */
export const CLOCK_MARGIN = 60;
