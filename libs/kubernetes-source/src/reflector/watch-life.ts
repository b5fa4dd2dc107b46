import { type Clock, SECOND_MS } from '@app/platform';
import { ApiserverError } from '../client/apiserver-error.js';

/** So much later than a watch should have ended it is taken for dead, unless it still has something to say. */
const SILENCE_MS = 30 * SECOND_MS;
/** A full set comes without a pause: one that is silent for so long before its end is held back on its way, or has no end. */
const FILLING_SILENCE_MS = 60 * SECOND_MS;
/** A watch is answered at once. Who has kept it unanswered for so long, with a connection, holds the answer back. */
const UNANSWERED_MS = 25 * SECOND_MS;
/** A little earlier than asked for is as long as asked for. */
const EARLY_MS = 5 * SECOND_MS;

/** How long a watch has been open, and whether it is still alive. */
export class WatchLife {
  hadLines = false;
  private readonly cut = new AbortController();
  private readonly onAbort = (): void => this.cut.abort(this.outer.reason);
  private readonly silent: ApiserverError;
  private readonly stalled = new ApiserverError(
    'unreachable',
    `the WatchList was silent for ${FILLING_SILENCE_MS / SECOND_MS} s before it had sent the full set`,
  );
  private readonly beganAtMs: number;
  private openedAtMs: number | null = null;
  private heardAtMs: number;
  private isHandingOn = false;
  private isOver = false;

  /**
   * @param outer ends the watch from outside
   * @param isFilling whether the full set that the watch begins with is not complete
   */
  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly outer: AbortSignal,
    private readonly isFilling: () => boolean,
  ) {
    this.beganAtMs = clock.now();
    this.heardAtMs = this.beganAtMs;
    this.silent = new ApiserverError(
      'unreachable',
      `the watch was silent beyond the ${timeoutMs / SECOND_MS} s it had`,
    );
    outer.addEventListener('abort', this.onAbort, { once: true });
    if (outer.aborted) this.onAbort();
  }

  get signal(): AbortSignal {
    return this.cut.signal;
  }

  opened(): void {
    this.openedAtMs = this.clock.now();
    this.heardAtMs = this.openedAtMs;
  }

  openMs(): number {
    return this.openedAtMs === null ? 0 : this.clock.now() - this.openedAtMs;
  }

  isWhole(): boolean {
    return this.openMs() >= this.timeoutMs - EARLY_MS;
  }

  /** A sink that takes its time is no silence of the server. */
  async handOn(work: () => Promise<void>): Promise<void> {
    this.hadLines = true;
    this.isHandingOn = true;
    await work();
    this.isHandingOn = false;
    this.heardAtMs = this.clock.now();
  }

  /** A connection may be dead without a word. Comes back at the end of the watch, or when it was cut. */
  async cutWhenSilent(wait: (ms: number, signal: AbortSignal) => Promise<void>): Promise<void> {
    while (!this.isOver && !this.cut.signal.aborted) {
      const isFilling = this.isFilling();
      const leftMs = this.isHandingOn ? SILENCE_MS : this.dueMs(isFilling) - this.clock.now();
      if (leftMs > 0) await wait(leftMs, this.cut.signal);
      else this.cut.abort(isFilling ? this.stalled : this.silent);
    }
  }

  /** When it is to be cut unless something is heard until then. */
  private dueMs(isFilling: boolean): number {
    if (isFilling) return this.heardAtMs + FILLING_SILENCE_MS;
    return Math.max((this.openedAtMs ?? this.beganAtMs) + this.timeoutMs, this.heardAtMs) + SILENCE_MS;
  }

  /** The error when it was cut for its silence. */
  silence(): ApiserverError | null {
    const { reason } = this.cut.signal;
    return reason === this.silent || reason === this.stalled ? reason : null;
  }

  /** Whether a full set was held back, while another request may well be answered. */
  isStalled(): boolean {
    if (!this.isFilling()) return false;
    if (this.openedAtMs === null) return this.clock.now() - this.beganAtMs >= UNANSWERED_MS;
    return this.cut.signal.reason === this.stalled;
  }

  end(): void {
    this.isOver = true;
    this.outer.removeEventListener('abort', this.onAbort);
    this.cut.abort();
  }
}
