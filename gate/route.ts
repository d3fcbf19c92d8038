import { BoundedMap } from '../src/shared/bounded-map.js';
import { checkOptions, configError } from '../src/shared/options.js';
import { isObject, memberOf } from '../src/shared/own-properties.js';
import { trueOrFalse } from '../src/shared/schema.js';
import { type AnswerTo, createAnswers } from './answers.js';
import { type GateConfig, SCOPE_LIST } from './config.js';
import { union } from './scopes.js';
import type { RouteOptions } from './types.js';

/** What requests for one route need, and how they are refused. */
export interface Route {
  /** The scopes that the route adds to those of the gate. */
  readonly scopes: readonly string[];
  /** The scopes of the gate and of the route. */
  readonly requiredScopes: readonly string[];
  readonly answerTo: AnswerTo;
  /** Whether requests without a token pass. */
  readonly optional: boolean;
}

/** The options of `authenticate`, `fetch` and `node`. */
export const ROUTE_OPTIONS = { scopes: SCOPE_LIST, optional: trueOrFalse };

/** The options of `authenticate` are given with each request, so what follows from some lists of scopes is kept. */
const MOST_KEPT = 64;

/**
 * Creates the function that reads the options of a route. Each route keeps its own answers, because the challenge names the
 * scopes.
 */
export function createRoutes(config: GateConfig): (options: RouteOptions | undefined, of: string) => Route {
  const byScopes = new BoundedMap<string, Omit<Route, 'optional'>>(MOST_KEPT);
  const strict: Route = { ...needing([]), optional: false };

  function needing(scopes: readonly string[]): Omit<Route, 'optional'> {
    const key = scopes.join(' ');
    const kept = byScopes.get(key);
    if (kept) return kept;
    const requiredScopes = union(config.requiredScopes, scopes);
    const answerTo = createAnswers(config, requiredScopes, union(config.initialScopes, scopes));
    const route = { scopes, requiredScopes, answerTo };
    byScopes.set(key, route);
    return route;
  }

  return (options, of) => {
    if (options === undefined) return strict;
    if (!isObject(options as unknown)) {
      throw configError(`The options of ${of} must be an object, such as { scopes: ["orders:read"] }.`);
    }
    const { scopes = [], optional = false } = checkOptions(options, ROUTE_OPTIONS, of);
    return { ...needing(scopes), optional };
  };
}

/**
 * Refuses a request in place of options, as `app.use(gate.node)` gives it.
 *
 * @throws {AuthError} `ERR_AUTH_CONFIG`
 */
export function refuseRequest(given: unknown, of: 'node' | 'nodeMetadata'): void {
  if (['method', 'url'].some((name) => typeof memberOf(Object(given), name) !== 'string')) return;
  throw configError(`Middleware is what ${of} returns. Call it: gate.${of}().`);
}
