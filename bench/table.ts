import { lines } from '../test/support/table.js';
import type { Measured } from './statistics.js';

/** What a row shows in a column: a measurement, or the one value of what is not measured in rounds. */
export type Cell = string | Measured;

/** One line of a table. `--only` selects by its name. */
export interface Row {
  readonly name: string;
  measure(rounds: number): Promise<readonly Cell[]>;
}

export interface Table {
  readonly title: string;
  /** One or two sentences. All else stands in `bench/README.md`. */
  readonly caption: string;
  /** The columns after the name of the row. */
  readonly head: readonly string[];
  readonly rows: readonly Row[];
}

/** What the rows that were asked for have shown. */
export interface Filled {
  readonly table: Table;
  readonly cells: readonly (readonly Cell[])[];
}

/** The caption and the table: medians, with quartiles. */
export function markdown({ table, cells }: Filled): string {
  const body = cells.map((row) => row.map(withQuartiles));
  return [table.caption, '', lines(['', ...table.head], body)].join('\n');
}

/** The median in a column of the row with this name, without its unit. `nth` is for columns that share a name. */
export function median({ table, cells }: Filled, name: string, column: string, nth = 0): string | undefined {
  const columns = table.head.flatMap((head, at) => (head === column ? [at + 1] : []));
  const cell = cells.find(([first]) => first === name)?.[columns[nth] ?? Number.NaN];
  if (cell === undefined || typeof cell === 'string') return cell;
  return Number.isNaN(cell.median) ? '–' : digits(cell.median);
}

function withQuartiles(cell: Cell): string {
  if (typeof cell === 'string') return cell;
  const { low, median, high, unit } = cell;
  // Of a contender that has no part in this row.
  return Number.isNaN(median) ? '–' : `${digits(median)} ${unit} (${digits(low)}–${digits(high)})`;
}

/** As many as mean something: 0.98, 12.3, 140. */
const digits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
