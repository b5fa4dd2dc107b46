/**
 * Makes text of outside origin safe for a log line or a header value: printable ASCII only, in one line.
 * Runs of blanks and control characters become one space, other characters `?`.
 * @param maxLength longest result; a longer text is cut and ends in `...`
 */
export function oneLine(text: string, maxLength = 2_000): string {
  // A text of megabytes is cut before the patterns run over it.
  const line = text
    .slice(0, maxLength * 4)
    .replace(/[\s\p{Cc}]+/gu, ' ')
    .replace(/[^\x20-\x7e]/gu, '?')
    .trim();
  if (line.length <= maxLength) return line;
  return maxLength <= 3 ? line.slice(0, maxLength) : `${line.slice(0, maxLength - 3)}...`;
}

/** A regular expression source that matches exactly this text. */
export function escapeRegExp(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
}

interface Scored {
  readonly candidate: string;
  readonly distance: number;
}

/**
 * The candidates that look most like a word, best first: what a person who mistyped may have meant. Capitals, blanks,
 * hyphens, leading zeros and what stands in brackets do not count: `US-CA-6` means `US-CA-06 (California)`.
 *
 * @param limit how many at most
 */
export function nearest(word: string, candidates: Iterable<string>, limit = 3): readonly string[] {
  return scored(word, candidates)
    .slice(0, limit)
    .map(({ candidate }) => candidate);
}

/** The one candidate that was probably meant; null when none is spelled much like the word. */
export function probablyMeant(word: string, candidates: Iterable<string>): string | null {
  const [best] = scored(word, candidates);
  return best !== undefined && best.distance <= 1 + word.length / 4 ? best.candidate : null;
}

function scored(word: string, candidates: Iterable<string>): readonly Scored[] {
  const wanted = comparable(word);
  return [...new Set(candidates)]
    .map((candidate) => ({ candidate, distance: distanceBetween(wanted, comparable(candidate)) }))
    .sort((one, other) => one.distance - other.distance || one.candidate.localeCompare(other.candidate));
}

function comparable(text: string): string {
  return text
    .toLowerCase()
    .replace(/\([^()]*\)/g, '')
    .replace(/(?<!\d)0+(?=\d)/g, '')
    .replace(/[\s_-]/g, '');
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

/** @returns null for a text that is no JSON */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

/** Whether a value that came from outside has members. */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
