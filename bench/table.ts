import { lines } from '../test/support/table.js';
import type { Measured } from './statistics.js';

/** One cell of a table: a measurement, or a single value if the row is not measured in rounds. */
export type Cell = string | Measured;

/** One line of a table. `--only` selects rows by name. */
export interface Row {
  readonly name: string;
  measure(rounds: number): Promise<readonly Cell[]>;
}

export interface Table {
  readonly title: string;
  /** One or two sentences. `bench/README.md` explains the rest. */
  readonly caption: string;
  /** The titles of the columns after the row's name. */
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

/** The results of the selected rows. */
export interface Filled {
  readonly table: Table;
  readonly cells: readonly (readonly Cell[])[];
}

/** Renders the caption and the table, with medians and quartiles. */
export function markdown({ table, cells }: Filled): string {
  const body = cells.map((row) => row.map(withQuartiles));
  return [table.caption, '', lines(['', ...table.head], body)].join('\n');
}

/** Returns the median in one cell, without its unit. `nth` selects among columns with the same name. */
export function median({ table, cells }: Filled, name: string, column: string, nth = 0): string | undefined {
  const columns = table.head.flatMap((head, at) => (head === column ? [at + 1] : []));
  const cell = cells.find(([first]) => first === name)?.[columns[nth] ?? Number.NaN];
  if (cell === undefined || typeof cell === 'string') return cell;
  return Number.isNaN(cell.median) ? '–' : digits(cell.median);
}

function withQuartiles(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  const { low, median, high, unit } = cell;
  // NaN means that the contender does not take part in this row.
  return Number.isNaN(median) ? '–' : `${digits(median)} ${unit} (${digits(low)}–${digits(high)})`;
}

/** Rounds to three significant digits: 0.98, 12.3, 140. */
const digits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
