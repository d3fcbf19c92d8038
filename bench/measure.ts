import { report, write } from './report.js';
import { dpop } from './scenarios/dpop.js';
import { eventLoop } from './scenarios/event-loop.js';
import { firstToken } from './scenarios/first-token.js';
import { footprint } from './scenarios/footprint.js';
import { http } from './scenarios/http.js';
import { load } from './scenarios/load.js';
import { manyKeys } from './scenarios/many-keys.js';
import { memory } from './scenarios/memory.js';
import { refusals } from './scenarios/refusals.js';
import { remembered } from './scenarios/remembered.js';
import { fewToMany, manyAtOnce, oneAtATime } from './scenarios/speed.js';
import type { Filled } from './table.js';

/** The package's README shows rows of the first three tables. */
const TABLES = [
  oneAtATime,
  manyAtOnce,
  load,
  fewToMany,
  dpop,
  http,
  firstToken,
  footprint,
  refusals,
  manyKeys,
  remembered,
  eventLoop,
  memory,
];

/** Measures the rows whose names contain one of these texts, prints the tables, and updates the documents if `toWrite`. */
export async function measure(only: readonly string[], rounds: number, toWrite: boolean): Promise<void> {
  const filled: Filled[] = [];
  for (const table of TABLES) {
    const cells: Filled['cells'][number][] = [];
    for (const row of table.rows.filter(({ name }) => only.some((part) => name.includes(part)))) {
      process.stderr.write(`${table.title}: ${row.name}\n`);
      cells.push([row.name, ...(await row.measure(rounds))]);
    }
    if (cells.length > 0) filled.push({ table, cells });
  }
  process.stdout.write(report(filled, rounds));
  if (toWrite) write(filled, rounds);
}
