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
 * What is wrong with options that have one by their class alone. What `Object.prototype` has is none. An option that is
 * not read must be refused, since it may be one that switches a check on.
 */
export function inheritedProblem(options: object, prefix = ''): string | undefined {
  const name = inheritedName(options);
  if (name === undefined) return undefined;
  return `${JSON.stringify(prefix + name)} is inherited from a class: copy the options into a plain object.`;
}

function inheritedName(object: object): string | undefined {
  let prototype: object | null = Object.getPrototypeOf(object);
  while (prototype !== null && Object.getPrototypeOf(prototype) !== null) {
    const found = Object.getOwnPropertyNames(prototype).find(
      (name) => name !== 'constructor' && !Object.hasOwn(object, name),
    );
    if (found !== undefined) return found;
    prototype = Object.getPrototypeOf(prototype);
  }
  return undefined;
}

// Not `Object.create(null)`, whose objects V8 keeps as slow hash tables.
function Bare(): void {}
Bare.prototype = Object.create(null);
const BareObject = Bare as unknown as new () => object;

/** A copy that inherits nothing: `__proto__` is a property like any other in it. Of equal names, the last wins. */
export const withoutPrototype = <T extends object>(...objects: readonly T[]): T =>
  Object.assign(new BareObject(), ...objects);
