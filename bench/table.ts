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

/** The caption and a table in Markdown that also reads well as text: medians, and quartiles if they are asked for. */
export function markdown({ table, cells }: Filled, withQuartiles: boolean): string {
  const head = ['', ...table.head];
  const body = cells.map((row) => row.map((cell) => text(cell, withQuartiles)));
  const widths = head.map((_, at) => Math.max(3, ...[head, ...body].map((row) => row[at]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const rule = line(widths.map((width) => '-'.repeat(width)));
  return [table.caption, '', line(head), rule, ...body.map(line)].join('\n');
}

function text(cell: Cell, withQuartiles: boolean): string {
  if (typeof cell === 'string') return cell;
  const { low, median, high, unit } = cell;
  // Of a contender that has no part in this row.
  if (Number.isNaN(median)) return '–';
  return `${digits(median)} ${unit}${withQuartiles ? ` (${digits(low)}–${digits(high)})` : ''}`;
}

/** As many as mean something: 0.98, 12.3, 140. */
const digits = (value: number): string => value.toFixed(value < 10 ? 2 : value < 100 ? 1 : 0);
