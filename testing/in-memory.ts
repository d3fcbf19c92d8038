import type { Answer } from './faults.js';

/**
 * An answer as `fetch` gives it, without a connection and without a timer, so that a faked clock stops nothing.
 *
 * @param signal of the request, which ends what hangs.
 * @param closed ends it too.
 */
export function asResponse(
  answer: Answer,
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

/** The error of Node's `fetch`, whose cause has the code. */
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
