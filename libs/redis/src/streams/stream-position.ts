/** The position before the first entry of a stream. */
export const STREAM_START = '0-0';

/** An entry's place in a stream: milliseconds, and a count within them. */
export type StreamPosition = readonly [ms: number, n: number];

/**
 * @param entryId `<ms>-<n>`; may come from a client
 * @returns null for what is no id of an entry; never throws
 */
export function streamPosition(entryId: string): StreamPosition | null {
  const parts = /^(\d{1,15})-(\d{1,15})$/.exec(entryId);
  return parts === null ? null : [Number(parts[1]), Number(parts[2])];
}

export function isAfter([ms, n]: StreamPosition, [otherMs, otherN]: StreamPosition): boolean {
  return ms > otherMs || (ms === otherMs && n > otherN);
}
