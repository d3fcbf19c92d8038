// jose's decoder is correct everywhere but is part of a module that takes tens of milliseconds to load and, on
// Node 20, decodes one character at a time. Callers have checked the alphabet before they decode.

/** The bytes of base64url text. Node, Bun and Deno do it natively; elsewhere `atob` does. */
export const decodeBase64url: (text: string) => Uint8Array =
  typeof globalThis.Buffer === 'function'
    ? (text) => globalThis.Buffer.from(text, 'base64url')
    : (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));

/** The base64url text of a string's UTF-8 bytes, without padding. */
export const encodeBase64url: (text: string) => string =
  typeof globalThis.Buffer === 'function'
    ? (text) => globalThis.Buffer.from(text).toString('base64url')
    : (text) =>
        btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCharCode(byte)).join(''))
          .replaceAll('+', '-')
          .replaceAll('/', '_')
          .replaceAll('=', '');
