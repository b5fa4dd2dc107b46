import type { Writable } from 'node:stream';
import type { StreamText } from './resumable-events.js';
import { formatSsePosition, SSE_HEARTBEAT } from './sse-format.js';

export const SSE_ENDS = ['client', 'slow', 'drained', 'lost', 'fault', 'key'] as const;

/**
 * `client`: the reader went away. `slow`: it did not read what was sent. `drained`: this process ends. `lost`: events may
 * be missing, so that the reader must begin anew. `key`: the key of the reader was removed, changed or has expired.
 */
export type SseEnd = (typeof SSE_ENDS)[number];

export interface SseConnectionOptions {
  readonly heartbeatMs: number;
  /** Bytes that may wait for a reader before it is disconnected. */
  readonly maxBufferedBytes: () => number;
  /** How long it may take until a full buffer has emptied, while older events are sent. */
  readonly stallMs: number;
  /** Whether the reader may still read; asked with each heartbeat. */
  readonly isEntitled: () => boolean;
  /** Aborted when this process is to end. */
  readonly draining: AbortSignal;
  /** Called once, when it is over. */
  readonly onEnd: (end: SseEnd) => void;
}

/**
 * One reader of a stream of events. The bytes that wait for it are bounded: a reader that falls behind is disconnected, and can
 * come back and go on where it was.
 */
export class SseConnection {
  private readonly over = new AbortController();
  private readonly heartbeat: NodeJS.Timeout;
  private end: SseEnd = 'client';
  private readonly positions: (() => string | null)[] = [];

  /** @param raw the answer, its head already sent */
  constructor(
    private readonly raw: Writable,
    private readonly options: SseConnectionOptions,
  ) {
    this.heartbeat = setInterval(() => this.beat(), options.heartbeatMs);
    raw.once('close', this.onClose);
    // A close follows every error, and says enough.
    raw.on('error', ignore);
    options.draining.addEventListener('abort', this.onDraining, { once: true });
    if (options.draining.aborted) this.onDraining();
    if (raw.destroyed) this.onClose();
  }

  /** Aborted when it is over. */
  get closed(): AbortSignal {
    return this.over.signal;
  }

  /** Whether what is sent can still arrive. */
  get isOpen(): boolean {
    return !this.closed.aborted && !this.raw.writableEnded && !this.raw.destroyed;
  }

  /**
   * Has heartbeats carry a position, whenever there is one that the reader does not know. Several sequences of events may
   * share a connection; each then names the positions of all.
   */
  carry(position: () => string | null): void {
    this.positions.push(position);
  }

  /**
   * Sends text of whole events; does nothing once it is over. A reader that has not read enough of what was sent before
   * is disconnected, so that one event may be larger than what may wait.
   */
  send(text: StreamText): void {
    if (text.length === 0 || !this.isOpen) return;
    if (this.raw.writableLength > this.options.maxBufferedBytes()) this.disconnect('slow');
    else this.raw.write(text);
  }

  /** Resolves when the reader has read what was sent, or when it is over. One that reads nothing is disconnected. */
  async drained(): Promise<void> {
    if (!this.isOpen || !this.raw.writableNeedDrain) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const goOn = (): void => resolve();
    const stalled = setTimeout(() => this.disconnect('slow'), this.options.stallMs);
    this.raw.once('drain', goOn);
    this.closed.addEventListener('abort', goOn);
    await promise;
    clearTimeout(stalled);
    this.raw.off('drain', goOn);
    this.closed.removeEventListener('abort', goOn);
  }

  /** Ends it after what was sent; the reader may come back. */
  finish(end: SseEnd): void {
    if (!this.isOpen) return;
    this.end = end;
    this.raw.end();
    // Ended, it still waits for the reader to take the rest; nobody waits for that for ever.
    const limit = setTimeout(() => this.raw.destroy(), END_GRACE_MS);
    this.raw.once('close', () => clearTimeout(limit));
  }

  private disconnect(end: SseEnd): void {
    if (this.closed.aborted) return;
    this.end = end;
    this.raw.destroy();
  }

  private beat(): void {
    if (!this.options.isEntitled()) {
      this.disconnect('key');
      return;
    }
    // All are asked: the last that names a position names those before it, too.
    const id = this.positions.map((position) => position()).findLast((position) => position !== null) ?? null;
    this.send(id === null ? SSE_HEARTBEAT : formatSsePosition(id));
  }

  private readonly onDraining = (): void => this.finish('drained');

  private readonly onClose = (): void => {
    if (this.closed.aborted) return;
    clearInterval(this.heartbeat);
    this.options.draining.removeEventListener('abort', this.onDraining);
    this.over.abort();
    this.options.onEnd(this.end);
  };
}

const END_GRACE_MS = 1_000;

function ignore(): void {}
