import { EventEmitter } from 'node:events';

/** Options of {@link createContext}. */
export interface ContextOptions {
  /** Whether functions get a shared event emitter as `ctx.events`. Default: `false`. */
  readonly events?: boolean;
  /**
   * Permissions by role. `'*'` grants everything, `'auth:*'` everything that starts with `auth:`.
   * Default: `{ admin: ['*'] }`.
   */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** The role of the agent that connects. Default: `'admin'`. */
  readonly defaultRole?: string;
}

/** The role of the agent, and what it may do. */
export interface Context {
  /** The role of the agent that connects. */
  readonly role: string;
  /** The shared event emitter, if `events` is true. */
  readonly events: EventEmitter | undefined;
  /** Whether the role holds all of these permissions. */
  allows(permissions: readonly string[]): boolean;
}

/**
 * Creates the context for `serve`.
 *
 * @throws {Error} if `defaultRole` is not one of `roles`.
 */
export async function createContext(options: ContextOptions = {}): Promise<Context> {
  const { events = false, roles = { admin: ['*'] }, defaultRole: role = 'admin' } = options;
  // Own keys only, because every object inherits a "constructor".
  const granted = Object.hasOwn(roles, role) ? roles[role] : undefined;
  if (granted === undefined) {
    throw new Error(`The role "${role}" does not exist; use one of: ${Object.keys(roles).join(', ')}.`);
  }
  return Object.freeze({
    role,
    events: events ? new EventEmitter() : undefined,
    allows: (permissions) => permissions.every((needed) => granted.some((grant) => covers(grant, needed))),
  } satisfies Context);
}

function covers(grant: string, needed: string): boolean {
  if (grant === '*') return true;
  return grant.endsWith(':*') ? needed.startsWith(grant.slice(0, -1)) : grant === needed;
}
