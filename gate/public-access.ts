import type { GateAnswer } from './answers.js';
import type { Incoming } from './request.js';

/** A request that passes without a token. */
export class Anonymous {
  /** The body of the request, if the gate has parsed it. */
  readonly parsedBody: unknown;

  constructor(parsedBody?: unknown) {
    this.parsedBody = parsedBody;
  }
}

/** Decides what becomes of a request without a token. `undefined` means that it gets a challenge. */
export type PublicAccess = (request: Incoming) => Promise<Anonymous | GateAnswer | undefined>;
