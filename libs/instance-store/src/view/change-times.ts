const HOUR_SECONDS = 3_600;

export interface TimedEntry {
  /** The second, since 1970, in which it is to be looked at again; null while there is none. */
  changesInSecond: number | null;
}

/**
 * Entries by the second in which time alone changes what they count as, so that a moment that passes costs as much as it
 * changes, whatever the fleet's size. What changes in more than an hour is looked at again at the beginning of the hour of its
 * change, so that a fleet with far deadlines needs few sets.
 */
export class ChangeTimes<Entry extends TimedEntry> {
  private readonly bySecond = new Map<number, Set<Entry>>();
  /** All earlier seconds were taken out. */
  private taken = 0;

  /** @param atMs epoch milliseconds; null for never */
  set(entry: Entry, atMs: number | null): void {
    this.delete(entry);
    if (atMs === null) return;
    const exact = secondOf(atMs);
    const isFar = exact - this.taken > HOUR_SECONDS;
    const second = Math.max(this.taken, isFar ? exact - (exact % HOUR_SECONDS) : exact);
    entry.changesInSecond = second;
    const others = this.bySecond.get(second);
    if (others === undefined) this.bySecond.set(second, new Set([entry]));
    else others.add(entry);
  }

  delete(entry: Entry): void {
    const second = entry.changesInSecond;
    if (second === null) return;
    entry.changesInSecond = null;
    const others = this.bySecond.get(second);
    others?.delete(entry);
    if (others?.size === 0) this.bySecond.delete(second);
  }

  clear(): void {
    for (const entries of this.bySecond.values()) for (const entry of entries) entry.changesInSecond = null;
    this.bySecond.clear();
    this.taken = 0;
  }

  /** Takes out the entries of all seconds up to that of the time: their changes are due, or due within that second. */
  take(nowMs: number): Entry[] {
    const now = secondOf(nowMs);
    const isShort = now - this.taken < this.bySecond.size;
    const seconds = isShort ? secondsBetween(this.taken, now) : [...this.bySecond.keys()].filter((one) => one <= now);
    const entries: Entry[] = [];
    for (const second of seconds) {
      for (const entry of this.bySecond.get(second) ?? []) {
        entry.changesInSecond = null;
        entries.push(entry);
      }
      this.bySecond.delete(second);
    }
    this.taken = now;
    return entries;
  }
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1_000);
}

function secondsBetween(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, place) => first + place);
}
