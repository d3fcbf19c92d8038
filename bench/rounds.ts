/** The result of each turn of one contender, one per round. */
export type Turns = readonly number[];
/** Returns the turns of a contender by its name. Empty if the contender does not take part. */
export type Results = (name: string) => Turns;

/**
 * Lets contenders take turns. Each has one turn per round, and the order changes with every round, so other load on the
 * machine affects all contenders.
 */
export async function inRounds<T, Result = number>(
  rounds: number,
  contenders: Readonly<Record<string, T>>,
  turn: (contender: T) => Promise<Result>,
): Promise<(name: string) => readonly Result[]> {
  const entrants = Object.entries(contenders).map(([name, of]) => ({ name, of, turns: [] as Result[] }));
  for (let round = 0; round < rounds; round += 1) {
    const start = round % entrants.length;
    const order = [...entrants.slice(start), ...entrants.slice(0, start)];
    for (const { of, turns } of round % 2 ? order.reverse() : order) turns.push(await turn(of));
  }
  return (name) => entrants.find((entrant) => entrant.name === name)?.turns ?? [];
}
