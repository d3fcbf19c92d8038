import { own } from '../src/shared/own-properties.js';
import type { Answer } from './answers.js';
import type { Incoming } from './request.js';
import type { NodeRequest, NodeResponse } from './types.js';

/** Reads a request of `node:http`, also where express has cut the URL. */
export function fromNode(request: NodeRequest): Incoming {
  const original = own(request, 'originalUrl');
  return {
    method: request.method ?? '',
    url: typeof original === 'string' ? original : (request.url ?? ''),
    header: (name) => {
      // `headers` is no use: Node drops a second `Authorization` from it without a word.
      const values = request.rawHeaders.filter(
        (_, index, all) => index % 2 === 1 && all[index - 1]?.toLowerCase() === name,
      );
      return values.length > 0 ? values.join(', ') : undefined;
    },
  };
}

/** Ends a response with an answer. */
export function give(response: NodeResponse, { status, headers, body }: Answer): void {
  response.writeHead(status, headers);
  response.end(body);
}
