/*
 * Only what an object itself has counts. What `Object.prototype` was polluted with, by this process or by a bug in
 * another package, changes nothing.
 */

/** A member that the object itself has, otherwise `undefined`. */
export const own = (object: Readonly<Record<string, unknown>>, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

// Not `Object.create(null)`, whose objects V8 keeps as slow hash tables.
function Bare(): void {}
Bare.prototype = Object.create(null);
const BareObject = Bare as unknown as new () => object;

/** A copy that inherits nothing: `__proto__` is a property like any other in it. Of equal names, the last wins. */
export const withoutPrototype = <T extends object>(...objects: readonly T[]): T =>
  Object.assign(new BareObject(), ...objects);
