/*
 * Reads properties without `Object.prototype`. If another package pollutes it, nothing changes here.
 */

/** True for an object that is not a list. */
export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns an own property, otherwise `undefined`. */
export const own = (object: object, name: string): unknown =>
  Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;

/** Returns a property of an object or of its class, but not of `Object.prototype`. */
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

/** Returns a method of an object or of its class, bound to the object, otherwise `undefined`. */
export function methodOf(object: object, name: string): ((...values: never[]) => unknown) | undefined {
  const value = memberOf(object, name);
  return typeof value === 'function' ? value.bind(object) : undefined;
}

/**
 * Returns the name of a property that an object only inherits, or `undefined`. Properties of `Object.prototype`, of any realm,
 * and `constructor` are ignored.
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

/** True for the `Object.prototype` of any realm. False for other objects without a prototype. */
const isRoot = (prototype: object): boolean =>
  Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf');

// V8 keeps objects from `Object.create(null)` as slow hash tables. Instances of a class without a prototype are fast.
function Bare(): void {}
Bare.prototype = Object.create(null);
const BareObject = Bare as unknown as new () => object;

/** Copies objects into one that inherits nothing, so `__proto__` is an ordinary property. For equal names, the last one wins. */
export const withoutPrototype = <T extends object>(...objects: readonly T[]): T =>
  Object.assign(new BareObject(), ...objects);
