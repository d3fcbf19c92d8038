/**
 * The one place that asks which runtime this is. Globals are looked at with care, since test environments and edge
 * runtimes replace or remove them: nothing here may throw, because it runs when the package is imported.
 */

type NodeCrypto = typeof import('node:crypto');

/** Whether this is Cloudflare Workers, where no request may wait for the I/O of another. */
export const isWorkers = (): boolean => globalThis.navigator?.userAgent === 'Cloudflare-Workers';

/**
 * Synchronous `node:crypto` where this is Node 20.16 or later, otherwise `undefined`. Bun and Deno have a
 * `node:crypto` too, but its verdicts are proven equal to jose's on Node only.
 */
export const nodeCrypto: NodeCrypto | undefined = findNodeCrypto();

function findNodeCrypto(): NodeCrypto | undefined {
  // Node 20 has no `navigator`.
  const isNode = /^(Node\.js\/|undefined)/.test(`${globalThis.navigator?.userAgent}`);
  // Not by an import, so that the package loads where there is no `node:crypto`.
  return isNode ? globalThis.process?.getBuiltinModule?.('node:crypto') : undefined;
}
