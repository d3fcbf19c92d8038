/** The names of all options of a client, as `issuers.timeout`, from the schema that checks them. */
import type * as z from 'zod/mini';
import { configSchema } from '../../src/config/schema.js';

/** The parts of a schema that hold others, whichever of them it has. */
interface Definition {
  readonly shape?: Readonly<Record<string, z.ZodMiniType>>;
  readonly innerType?: z.ZodMiniType;
  readonly element?: z.ZodMiniType;
}

function namesIn(schema: z.ZodMiniType, before = ''): string[] {
  const { shape, innerType, element } = schema._zod.def as z.core.$ZodTypeDef & Definition;
  const inner = innerType ?? element;
  if (inner) return namesIn(inner, before);
  return Object.entries(shape ?? {}).flatMap(([name, option]) => {
    return [`${before}${name}`, ...namesIn(option, `${before}${name}.`)];
  });
}

export const OPTION_NAMES: readonly string[] = namesIn(configSchema);
