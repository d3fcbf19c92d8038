/**
 * Returns the known name that is most similar to a misspelled one, or `undefined` if none is similar. Case, underscores and
 * hyphens are ignored. At most a third of the other characters may differ.
 */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  let nearest: string | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const candidate of known) {
    const most = Math.floor(Math.max(name.length, candidate.length) / 3);
    // This also skips very long names, which would take long to compare.
    if (Math.abs(name.length - candidate.length) > most) continue;
    const distance = editDistance(bare(name), bare(candidate));
    if (distance > most || distance >= least) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest;
}

const bare = (name: string): string => name.toLowerCase().replace(/[_-]/g, '');

/** How many characters must be added, removed or replaced to get from one text to the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let distances = Array.from({ length: to.length + 1 }, (_, length) => length);
  for (const [row, character] of [...from].entries()) {
    const next = [row + 1];
    for (const [column, other] of [...to].entries()) {
      const replaced = (distances[column] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (distances[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    distances = next;
  }
  return distances.at(-1) ?? 0;
}
