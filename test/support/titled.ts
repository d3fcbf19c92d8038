/** Puts the title in front of each row, for `%s` in a test's title. `$what` would print it quoted and shortened. */
export const titled = <Row extends { what: string }>(rows: readonly Row[]): [what: string, row: Row][] =>
  rows.map((row) => [row.what, row]);
