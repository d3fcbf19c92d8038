import { EventEmitter } from 'node:events';

/** Options of {@link createContext}. */
export interface ContextOptions {
  /** Give functions a shared event emitter as `ctx.events`. Default: `false`. */
  readonly events?: boolean;
  /**
   * Permissions by role. `'*'` grants everything, `'auth:*'` everything that starts with `auth:`.
   * Default: `{ admin: ['*'] }`.
   */
  readonly roles?: Readonly<Record<string, readonly string[]>>;
  /** The role of whoever connects. Default: `'admin'`. */
  readonly defaultRole?: string;
}

/** Who is calling, and what that role may do. */
export interface Context {
  /** The role of whoever connects. */
  readonly role: string;
  /** The shared event emitter, if it was asked for. */
  readonly events: EventEmitter | undefined;
  /** Whether the role holds all of these permissions. */
  allows(permissions: readonly string[]): boolean;
}

/**
 * Creates the context that functions are served in.
 *
 * @throws {Error} if `defaultRole` is not one of `roles`.
 */
export async function createContext(options: ContextOptions = {}): Promise<Context> {
  const { events = false, roles = { admin: ['*'] }, defaultRole: role = 'admin' } = options;
  // An own key only, or the role "constructor" would pass.
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
