import { type Clock, SECOND_MS } from '@app/platform';
import { ApiserverError } from '../client/apiserver-error.js';

/** So much later than a watch should have ended it is taken for dead, unless it still has something to say. */
const SILENCE_MS = 30 * SECOND_MS;
/** A little earlier than asked for is as long as asked for. */
const EARLY_MS = 5 * SECOND_MS;

/** How long a watch has been open, and whether it is still alive. */
export class WatchLife {
  hadLines = false;
  private readonly cut = new AbortController();
  private readonly onAbort = (): void => this.cut.abort(this.outer.reason);
  private readonly silent: ApiserverError;
  private openedAtMs: number | null = null;
  private heardAtMs: number;
  private isHandingOn = false;
  private isOver = false;

  /** @param outer ends the watch from outside */
  constructor(
    private readonly clock: Clock,
    private readonly timeoutMs: number,
    private readonly outer: AbortSignal,
  ) {
    this.heardAtMs = clock.now();
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
    const startedAt = this.heardAtMs;
    while (!this.isOver && !this.cut.signal.aborted) {
      const due = Math.max((this.openedAtMs ?? startedAt) + this.timeoutMs, this.heardAtMs) + SILENCE_MS;
      const leftMs = this.isHandingOn ? SILENCE_MS : due - this.clock.now();
      if (leftMs > 0) await wait(leftMs, this.cut.signal);
      else this.cut.abort(this.silent);
    }
  }

  /** The error when it was cut for its silence. */
  silence(): ApiserverError | null {
    return this.cut.signal.reason === this.silent ? this.silent : null;
  }

  end(): void {
    this.isOver = true;
    this.outer.removeEventListener('abort', this.onAbort);
    this.cut.abort();
  }
}
