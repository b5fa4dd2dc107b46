/**
 * A map that forgets what was set longest ago.
 *
 * @template Value
 */
export class Latest {
  /** @param {number} limit */
  constructor(limit) {
    this.limit = limit;
    /** @type {Map<string, Value>} */
    this.values = new Map();
  }

  /** @param {string} key */
  get(key) {
    return this.values.get(key);
  }

  /**
   * @param {string} key
   * @param {Value} value
   */
  set(key, value) {
    this.values.delete(key);
    this.values.set(key, value);
    if (this.values.size <= this.limit) return;
    const [oldest] = this.values.keys();
    if (oldest !== undefined) this.values.delete(oldest);
  }

  /** @param {string} key */
  delete(key) {
    this.values.delete(key);
  }

  clear() {
    this.values.clear();
  }
}
