import { createRequire } from 'node:module';

/**
 * The version of the package. A package finds itself by its own name, from its sources and from wherever a build puts this
 * file.
 */
export const version = (): string => createRequire(import.meta.url)('intentkit-auth/package.json').version;
