/** Rows with their title in front, for a `%s` in the title of the test: `$what` prints it quoted and cut short. */
export const titled = <Row extends { what: string }>(rows: readonly Row[]): [what: string, row: Row][] =>
  rows.map((row) => [row.what, row]);
