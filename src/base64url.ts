// jose's decoder would load jose for every token and, on Node 20, reads one character at a time. Callers have
// checked the alphabet before.

/** The bytes of base64url text: natively where there is a `Buffer` (Node, Bun, Deno), elsewhere by `atob`. */
export const decodeBase64url: (text: string) => Uint8Array =
  typeof globalThis.Buffer === 'function'
    ? (text) => globalThis.Buffer.from(text, 'base64url')
    : (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
