/**
 * The candidates that look most like a word, best first: what a person who mistyped may have meant.
 *
 * @param limit how many at most
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): readonly string[] {
  const wanted = word.toLowerCase();
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distanceBetween(wanted, candidate.toLowerCase()) }))
    .sort((one, other) => one.distance - other.distance || one.candidate.localeCompare(other.candidate))
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** Levenshtein's distance; a candidate that contains the word is nearer than any that does not. */
function distanceBetween(word: string, candidate: string): number {
  if (word !== '' && candidate.includes(word)) return (candidate.length - word.length) / 1_000;
  let row = Array.from({ length: candidate.length + 1 }, (_, index) => index);
  for (const [line, letter] of Array.from(word).entries()) {
    const next = [line + 1];
    for (let column = 1; column <= candidate.length; column++) {
      const replace = (row[column - 1] ?? 0) + (candidate[column - 1] === letter ? 0 : 1);
      next.push(Math.min(replace, (row[column] ?? 0) + 1, (next[column - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[candidate.length] ?? 0;
}
