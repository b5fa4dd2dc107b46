/**
 * Which rows are drawn when: those in view at once, a few of the others at a time. A page has more rows than a window shows,
 * and each that is drawn keeps a press waiting.
 */
export class RowQueue {
  /** @param {number} most rows out of view that are drawn at a time */
  constructor(most) {
    this.most = most;
    /** @type {Set<string>} */
    this.inView = new Set();
    /** Rows whose instance is another one than they show, the longest waiting first. @type {Set<string>} */
    this.changed = new Set();
    /** Rows that show how long something has lasted, as it was a while ago. @type {Set<string>} */
    this.aged = new Set();
  }

  /** Whether a row waits that shows something else than is known. */
  get hasChanged() {
    return this.changed.size > 0;
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
    let left = this.most;
    const taken = [...new Set([...this.changed, ...this.aged])].filter((id) => this.inView.has(id) || left-- > 0);
    for (const id of taken) {
      this.changed.delete(id);
      this.aged.delete(id);
    }
    return taken;
  }
}
