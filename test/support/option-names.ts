/** The names of all options of a client, such as `issuers.timeout`. They come from the shape that checks the options. */
import { CONFIG } from '../../src/config/schema.js';
import type { Accepted, Shape } from '../../src/shared/shape.js';

const namesIn = (shape: Shape, before = ''): string[] =>
  Object.entries(shape).flatMap(([name, accepted]) => [
    `${before}${name}`,
    ...namesIn(nestedIn(accepted), `${before}${name}.`),
  ]);

/** The options in an object or in a list of objects. A schema has none. */
function nestedIn(accepted: Accepted): Shape {
  if ('_zod' in accepted) return {};
  return Array.isArray(accepted) ? (accepted[0] as Shape) : (accepted as Shape);
}

export const OPTION_NAMES: readonly string[] = namesIn(CONFIG);
