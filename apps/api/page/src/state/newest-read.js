/**
 * Answers come in any order: one that was asked for earlier may come later, and tells of an older state. Whoever shows
 * what is read again and again asks here whether an answer is still news. The newest that came counts, not the newest
 * that was asked for, so that readings that are slower than their interval are shown all the same.
 */
export class NewestRead {
  constructor() {
    this.begun = 0;
    this.settled = 0;
  }

  /** @returns {() => boolean} to be asked once, when the reading came or failed: whether nothing newer did before */
  begin() {
    this.begun += 1;
    const turn = this.begun;
    return () => {
      if (turn < this.settled) return false;
      this.settled = turn;
      return true;
    };
  }
}
