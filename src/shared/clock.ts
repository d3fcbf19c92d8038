/**
 * How far the clocks of two processes may differ beyond the configured tolerance, in seconds. Revocations and used DPoP proofs
 * are kept this much longer, because a process with a slow clock accepts the token or proof for longer.
 */
export const CLOCK_MARGIN = 60;

/** The time in whole seconds since the epoch, as claims have it. */
export const secondsNow = (): number => Math.floor(Date.now() / 1000);

/** The clock of the runtime, or the one that fake timers put in its place. */
let clock: (() => number) | undefined;
let offset = 0;
let lastRead = 0;
/** Where the clocks that were replaced stood when they were read last. */
const replaced = new WeakMap<() => number, number>();

/**
 * Milliseconds on a monotonic clock, which changes of the system time do not affect. Test tools replace the clock of the
 * runtime when they install or remove fake timers. This clock then goes on from where it was, and never goes back.
 */
export function monotonicNow(): number {
  const { performance = Date } = globalThis;
  const read = performance.now();
  if (performance.now !== clock) {
    if (clock) {
      replaced.set(clock, lastRead);
      // Rounded up, so that times of fake timers stay whole numbers. A new clock begins at 0.
      offset = Math.ceil(lastRead + offset) - (replaced.get(performance.now) ?? 0);
    }
    clock = performance.now;
  } else if (read < lastRead) {
    offset += Math.ceil(lastRead - read);
  }
  lastRead = read;
  return read + offset;
}
