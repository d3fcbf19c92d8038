/** The object's own property. What is inherited does not count, so a polluted `Object.prototype` changes nothing. */
export function own(object: object, name: string): unknown {
  return Object.hasOwn(object, name) ? (object as Record<string, unknown>)[name] : undefined;
}
