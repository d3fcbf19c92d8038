import { readFile } from 'node:fs/promises';
import { cpus, type } from 'node:os';
import type { StartUp } from './footprint.js';
import type { Memory } from './memory.js';
import type { Growth, Refusals, Scenario } from './scenarios.js';

/** All that a run found. */
export interface Results {
  /** One line: processor, system, Node, and the versions of the libraries. */
  readonly machine: string;
  readonly rounds: number;
  readonly scenarios: readonly Scenario[];
  readonly refusals: readonly Refusals[];
  readonly growth: Growth;
  readonly startUp: readonly StartUp[];
  /** Bytes. */
  readonly size: number;
  readonly memory: Memory;
}

const LIBRARIES = ['jose', 'jsonwebtoken', 'fast-jwt'];

export async function describeMachine(): Promise<string> {
  const processors = cpus();
  const model = processors[0]?.model.trim() ?? 'unknown processor';
  const versions = await Promise.all(
    LIBRARIES.map(async (name) => `${name} ${await versionOf(`node_modules/${name}/`)}`),
  );
  const system = `${type()} ${process.arch}, Node ${process.versions.node}`;
  return `${processors.length} × ${model}, ${system}; intentkit-auth ${await versionOf('')}, ${versions.join(', ')}`;
}

async function versionOf(folder: string): Promise<string> {
  const manifest = await readFile(new URL(`../${folder}package.json`, import.meta.url), 'utf8');
  return JSON.parse(manifest).version;
}

/** The scenarios of one operation, the simplest first: a small token, one call at a time, one key. */
export function scenariosOf(
  { scenarios }: Results,
  operation: Scenario['operation'],
  algorithm?: Scenario['algorithm'],
): [Scenario, ...Scenario[]] {
  const [simplest, ...others] = scenarios.filter(
    (scenario) => scenario.operation === operation && scenario.algorithm === algorithm,
  );
  if (!simplest) throw new Error(`${operation} ${algorithm} was not measured.`);
  return [simplest, ...others];
}
