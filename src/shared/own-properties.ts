/*
 * Only what an object itself has counts. What `Object.prototype` was polluted with, by this process or by a bug in
 * another package, changes nothing.
 */

/** A member that the object itself has, otherwise `undefined`. */
export const own = (object: object, name: string): unknown =>
  Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;

/** A member that an object has itself or by its class. What `Object.prototype` has is none. */
export function memberOf(object: object, name: string): unknown {
  let holder: object = object;
  while (!Object.hasOwn(holder, name)) {
    const next: object | null = Object.getPrototypeOf(holder);
    if (next === null) return undefined;
    holder = next;
  }
  const isLast = holder !== object && Object.getPrototypeOf(holder) === null;
  return isLast ? undefined : Reflect.get(holder, name, object);
}

/** A method that an object has itself or by its class, bound to it, otherwise `undefined`. */
export function methodOf(object: object, name: string): ((...values: never[]) => unknown) | undefined {
  const value = memberOf(object, name);
  return typeof value === 'function' ? value.bind(object) : undefined;
}

/**
 * A name that an object has by its class or by another prototype alone, or `undefined` when there is none. What the
 * `Object.prototype` of any realm has does not count, nor does `constructor`.
 */
export function inheritedName(object: object): string | undefined {
  let prototype: object | null = Object.getPrototypeOf(object);
  while (prototype !== null && !isRoot(prototype)) {
    const found = Object.getOwnPropertyNames(prototype).find(
      (name) => name !== 'constructor' && !Object.hasOwn(object, name),
    );
    if (found !== undefined) return found;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

/** Not every last prototype is an `Object.prototype`: one may have been made without a prototype. */
const isRoot = (prototype: object): boolean =>
  Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');

// Not `Object.create(null)`, whose objects V8 keeps as slow hash tables.
function Bare(): void {}
Bare.prototype = Object.create(null);
const BareObject = Bare as unknown as new () => object;

/** A copy that inherits nothing: `__proto__` is a property like any other in it. Of equal names, the last wins. */
export const withoutPrototype = <T extends object>(...objects: readonly T[]): T =>
  Object.assign(new BareObject(), ...objects);
