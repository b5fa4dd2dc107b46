interface Entry {
  readonly at: number;
  /** Equal times keep the order in which they were put in. */
  readonly order: number;
  readonly run: (at: number) => void;
}

/**
 * What is to happen when, as a binary heap. It is played on every read, so that no instance needs a timer and a read
 * costs what has changed since the last one.
 */
export class Agenda {
  private readonly heap: Entry[] = [];
  private nextOrder = 0;

  get size(): number {
    return this.heap.length;
  }

  /** @param at sandbox time @param run is given that time, also when it is played later */
  add(at: number, run: (at: number) => void): void {
    this.heap.push({ at, order: this.nextOrder++, run });
    this.rise(this.heap.length - 1);
  }

  /** Runs all that is due, in order of time, including what those runs add. */
  playUntil(now: number): void {
    for (let first = this.heap[0]; first !== undefined && first.at <= now; first = this.heap[0]) {
      this.dropFirst();
      first.run(first.at);
    }
  }

  private dropFirst(): void {
    const last = this.heap.pop();
    if (last === undefined || this.heap.length === 0) return;
    this.heap[0] = last;
    this.sink(0);
  }

  private rise(from: number): void {
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!this.before(index, parent)) return;
      this.swap(index, parent);
      index = parent;
    }
  }

  private sink(from: number): void {
    let index = from;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      let least = index;
      if (left < this.heap.length && this.before(left, least)) least = left;
      if (right < this.heap.length && this.before(right, least)) least = right;
      if (least === index) return;
      this.swap(index, least);
      index = least;
    }
  }

  private before(left: number, right: number): boolean {
    const a = this.entry(left);
    const b = this.entry(right);
    return a.at < b.at || (a.at === b.at && a.order < b.order);
  }

  private swap(left: number, right: number): void {
    const kept = this.entry(left);
    this.heap[left] = this.entry(right);
    this.heap[right] = kept;
  }

  private entry(index: number): Entry {
    const entry = this.heap[index];
    if (entry === undefined) throw new RangeError(`no entry ${index}`);
    return entry;
  }
}
