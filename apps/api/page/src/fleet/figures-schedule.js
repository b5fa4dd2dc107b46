/** After something has happened the figures are read anew this soon: the API gives the same ones for 2 s. */
const FIGURES_MS = 2_100;

/**
 * Between two reads of the figures for what happened elsewhere: ten pages that are open with one key must leave it most
 * of its 600 requests a minute.
 */
const BETWEEN_FIGURES_MS = 10_000;

/** When the figures are read again after something has happened. */
export class FiguresSchedule {
  /**
   * @param {Pick<import('../net/request-pace.js').RequestPace, 'waitMs'>} pace of the key
   * @param {() => void} read
   */
  constructor(pace, read) {
    this.pace = pace;
    this.read = read;
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    this.timer = undefined;
    /** Whether something happened that the figures which are read next may lack, as they may be some seconds old. */
    this.hasChanged = false;
    this.dueAtMs = 0;
    this.readAtMs = 0;
  }

  noteRead() {
    this.readAtMs = Date.now();
  }

  end() {
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  /** After a change elsewhere: at a pace that many pages together can keep. */
  again() {
    this.soon(Math.max(FIGURES_MS, this.readAtMs + BETWEEN_FIGURES_MS - Date.now()));
  }

  /** After a command of this page. @param {number} [usualMs] how soon, while the key has requests left */
  soon(usualMs = FIGURES_MS) {
    const waitMs = this.pace.waitMs(usualMs);
    if (this.timer !== undefined && Date.now() + waitMs >= this.dueAtMs) {
      this.hasChanged = true;
      return;
    }
    clearTimeout(this.timer);
    this.dueAtMs = Date.now() + waitMs;
    this.hasChanged = false;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      this.read();
      if (this.hasChanged) this.again();
    }, waitMs);
  }
}
