/**
 * The bytes of base64url text, or `undefined` unless the text is the one canonical spelling of them: no padding, no
 * other alphabet, no white space, no bits beyond the last byte. Decoders differ in what they let through; encoding
 * again tells. Natively where there is a `Buffer` (Node, Bun, Deno), elsewhere by `atob`.
 *
 * @see RFC 7515 section 2, RFC 4648 section 3.5
 */
export const decodeBase64url: (text: string) => Uint8Array | undefined =
  typeof globalThis.Buffer === 'function'
    ? (text) => {
        const bytes = globalThis.Buffer.from(text, 'base64url');
        return bytes.toString('base64url') === text ? bytes : undefined;
      }
    : (text) => {
        try {
          const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
          const again = btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
          return again === text ? Uint8Array.from(binary, (byte) => byte.charCodeAt(0)) : undefined;
        } catch {
          return undefined;
        }
      };
