import type { Reply } from './faults.js';

/**
 * Turns a reply into the result of a `fetch`. It uses no connection and no timer, so it also works with a fake clock.
 *
 * @param signal of the request. It ends a reply that hangs.
 * @param closed the signal of the closed issuer, which ends it too.
 */
export function asResponse(
  answer: Reply,
  signal: AbortSignal | null | undefined,
  closed: AbortSignal,
): Promise<Response> {
  signal?.throwIfAborted();
  if (answer === 'hang') return hang([closed, ...(signal ? [signal] : [])]);
  if (answer === 'reset') return Promise.reject(connectionReset());
  const { status, headers, body, breaksOff = false } = answer;
  return Promise.resolve(new Response(breaksOff ? brokenOff(body) : body, { status, headers }));
}

const hang = (signals: readonly AbortSignal[]): Promise<never> =>
  new Promise((_, reject) => {
    for (const signal of signals) {
      if (signal.aborted) reject(signal.reason);
      signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    }
  });

/** The error of Node's `fetch`, which has the code on its cause. */
const connectionReset = (): TypeError =>
  new TypeError('fetch failed', {
    cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }),
  });

function brokenOff(body: string): ReadableStream<Uint8Array> {
  const half = new TextEncoder().encode(body.slice(0, body.length / 2));
  let sent = false;
  return new ReadableStream({
    pull(controller) {
      if (sent) controller.error(connectionReset());
      else controller.enqueue(half);
      sent = true;
    },
  });
}
