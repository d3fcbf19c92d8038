/**
 * How far the clocks of two processes may differ beyond the configured tolerance, in seconds. A process whose clock is
 * behind accepts tokens and DPoP proofs for longer, so revocations and used proofs are kept this much longer.
 */
export const CLOCK_MARGIN = 60;
