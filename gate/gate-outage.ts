import { internalsOf } from '../src/client/internals.js';
import { AuthError } from '../src/errors.js';
import { Outage } from '../src/shared/outage.js';
import { emitWarning, safely } from '../src/shared/warnings.js';
import type { Resource } from './resource.js';
import type { Verifier } from './types.js';

/**
 * Warns the operator while a check of the gate fails, because its callers only see 503.
 *
 * @param auth the client whose `onWarning` receives the warnings. A verifier of another library has none.
 * @param check the name of the check.
 */
export function gateOutage(auth: Verifier, check: string, { text }: Resource): Outage {
  return new Outage(internalsOf(auth)?.warn ?? safely(emitWarning), {
    subject: `${check} at the gate of ${JSON.stringify(text)}`,
    failing: 'GATE_FAILING',
    recovered: 'GATE_RECOVERED',
  });
}

/** What a failure means for callers. */
export const ANSWERS_503 = 'requests are answered with 503';

/** Says why the check of a token failed. `undefined` if the client itself warns of the outage. */
export function problemIn(error: unknown): string | undefined {
  if (!(error instanceof AuthError)) return 'the verifier threw an error';
  return error.code === 'ERR_AUTH_CONFIG' ? error.message.replace(/\.$/, '') : undefined;
}
