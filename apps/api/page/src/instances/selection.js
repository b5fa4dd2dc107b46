import { Store } from '../ui/store.js';

/** The rows of the present page that are chosen for a command; what leaves the page is not chosen any more. */
export class Selection {
  /** @param {(emit: () => void) => void} [schedule] as of `Store` */
  constructor(schedule) {
    /** @type {Store<ReadonlySet<string>>} */
    this.ids = new Store(/** @type {ReadonlySet<string>} */ (new Set()), schedule);
    /** Whether everything that matches the filters is meant, of which the page shows a part. */
    this.isEverything = new Store(false, schedule);
  }

  /** @param {string} id */
  has(id) {
    return this.ids.get().has(id);
  }

  /**
   * @param {readonly string[]} ids
   * @param {boolean} chosen
   */
  set(ids, chosen) {
    // One row less or more is a selection by hand again.
    this.isEverything.set(false);
    const next = new Set(this.ids.get());
    for (const id of ids) {
      if (chosen) next.add(id);
      else next.delete(id);
    }
    this.put(next);
  }

  clear() {
    this.put(new Set());
  }

  /** @param {readonly {readonly id: string}[]} rows of the page */
  keep(rows) {
    const present = this.ids.get();
    if (present.size === 0) return;
    this.put(new Set(rows.map(({ id }) => id).filter((id) => present.has(id))));
  }

  /** @param {ReadonlySet<string>} next */
  put(next) {
    const present = this.ids.get();
    const isSame = next.size === present.size && [...next].every((id) => present.has(id));
    if (!isSame) this.ids.set(next);
    if (next.size === 0) this.isEverything.set(false);
  }
}

/**
 * @param {number} chosen
 * @param {number} all
 * @returns {'none' | 'some' | 'all'}
 */
export function extentOf(chosen, all) {
  if (chosen === 0) return 'none';
  return chosen === all ? 'all' : 'some';
}
