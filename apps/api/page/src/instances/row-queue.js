/**
 * Which rows are drawn when: those in view at once, a few of the others at a time. A page has more rows than a window shows,
 * and each that is drawn keeps a press waiting.
 */
export class RowQueue {
  /**
   * @param {{readonly changed: number, readonly aged: number}} most rows out of view that are drawn at a time; each kind has its
   *   own, so that ages go on where rows change without end
   */
  constructor(most) {
    this.most = most;
    /** @type {Set<string>} */
    this.inView = new Set();
    /** Rows whose instance is another one than they show, the longest waiting first. @type {Set<string>} */
    this.changed = new Set();
    /** Rows that show how long something has lasted, as it was a while ago. @type {Set<string>} */
    this.aged = new Set();
  }

  /** Whether a row is still to be drawn. */
  get isWaiting() {
    return this.changed.size > 0 || this.aged.size > 0;
  }

  /** A row comes into view: what it shows may be old. @param {string} id */
  enter(id) {
    this.inView.add(id);
    this.aged.add(id);
  }

  /** @param {string} id */
  delete(id) {
    this.inView.delete(id);
    this.changed.delete(id);
    this.aged.delete(id);
  }

  /**
   * The rows that are to be drawn now. None of them waits any more.
   *
   * @returns {readonly string[]}
   */
  take() {
    const changed = this.first(this.changed, this.most.changed);
    for (const id of changed) this.aged.delete(id);
    const aged = this.first(this.aged, this.most.aged);
    for (const id of aged) this.changed.delete(id);
    return [...changed, ...aged];
  }

  /**
   * Every row that waits, in view or not.
   *
   * @returns {readonly string[]}
   */
  takeAll() {
    const taken = [...new Set([...this.changed, ...this.aged])];
    this.changed.clear();
    this.aged.clear();
    return taken;
  }

  /**
   * Takes those in view, and as many of the others.
   *
   * @param {Set<string>} waiting
   * @param {number} most
   */
  first(waiting, most) {
    let left = most;
    const taken = [...waiting].filter((id) => this.inView.has(id) || left-- > 0);
    for (const id of taken) waiting.delete(id);
    return taken;
  }
}
