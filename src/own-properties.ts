/*
 * Only what an object itself has counts. What `Object.prototype` was polluted with, by this process or by a bug in
 * another package, changes nothing.
 */

/** A member that the object itself has, otherwise `undefined`. */
export const own = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

/** A copy that inherits nothing. */
export const withoutPrototype = <T extends object>(object: T): T =>
  Object.assign(Object.create(null), object);
