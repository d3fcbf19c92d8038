/** What a contender's turns gave, one entry a round. */
export type Turns = readonly number[];
/** The turns by the name of the contender: none, if it has no part. */
export type Results = (name: string) => Turns;

/**
 * Lets contenders take turns: in every round each has one turn, and the order changes from round to round. What
 * else the machine does then falls on all of them.
 */
export async function inRounds<T>(
  rounds: number,
  contenders: Readonly<Record<string, T>>,
  turn: (contender: T) => Promise<number>,
): Promise<Results> {
  const entrants = Object.entries(contenders).map(([name, of]) => ({ name, of, turns: [] as number[] }));
  for (let round = 0; round < rounds; round += 1) {
    const start = round % entrants.length;
    const order = [...entrants.slice(start), ...entrants.slice(0, start)];
    for (const { of, turns } of round % 2 ? order.reverse() : order) turns.push(await turn(of));
  }
  return (name) => entrants.find((entrant) => entrant.name === name)?.turns ?? [];
}
