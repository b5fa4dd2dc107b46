import { delay, Listeners, type Timestamp } from '@app/platform';
import { RedisSettings, type StreamPosition, streamPosition } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import { ReadMarks } from '../ports/read-marks.port.js';
import { StoreUnavailableError } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { FEED_START } from './fleet-copy.js';
import { StoreAvailability } from './store-availability.js';

/**
 * A read is answered from memory when the store does not answer within that time. A lost connection is noticed at once;
 * this limit is for one that has fallen silent. It is long, because a store that is merely slow shall not make answers
 * older.
 */
const MAX_SILENCE_MS = 500;
/** How often a store that is away is asked whether it is back. */
const PROBE_MS = 250;

export interface Mark {
  readonly position: StreamPosition;
  readonly incarnation: string | null;
  readonly lastUsed: ReadonlyMap<InstanceId, Timestamp | null>;
}

/** The reads that wait for the question of one turn. */
interface Turn {
  readonly ids: Set<InstanceId>;
  /** Null when the store does not answer. */
  readonly mark: Promise<Mark | null>;
}

/**
 * Asks the store for the latest position of its feed, once for all reads of a turn of the event loop; detects whether
 * it answers.
 */
@Injectable()
export class MarkReader {
  private readonly logger = new Logger('WatchCache');
  /** Questions are answered in their order, but the readers that wait for the answers may wake in another. */
  private questions = 0;
  private latestAnswered = 0;
  private turn: Turn | null = null;
  private probing: Promise<void> = Promise.resolve();
  private readonly shutdown = new AbortController();

  /** Whether reads may be answered from memory: REDIS_ENABLE_FALLBACK. */
  readonly mayFallBack: boolean;
  private readonly turnListeners = new Listeners<() => void>((error) => this.listenerFailed(error));
  private readonly markListeners = new Listeners<(mark: Mark) => void>((error) => this.listenerFailed(error));

  constructor(
    private readonly marks: ReadMarks,
    private readonly contact: StoreAvailability,
    settings: RedisSettings,
  ) {
    this.mayFallBack = settings.REDIS_ENABLE_FALLBACK;
  }

  /** Whether reads are to be answered from memory, with no question to the store. */
  get isAway(): boolean {
    return this.mayFallBack && (this.contact.state === 'degraded' || this.contact.state === 'recovering');
  }

  /** @returns takes the listener away again. It is called when the question of a turn is being asked. */
  onTurn(listener: () => void): () => void {
    return this.turnListeners.add(listener);
  }

  /** @returns takes the listener away again. It is called with the latest answer so far. */
  onMark(listener: (mark: Mark) => void): () => void {
    return this.markListeners.add(listener);
  }

  /** The store has failed a question of somebody else: whether reads are to be answered from memory is decided by that too. */
  failed(error: unknown): void {
    if (error instanceof StoreUnavailableError && this.mayFallBack) this.contact.refused(error);
  }

  async stop(): Promise<void> {
    this.shutdown.abort();
    await this.probing;
  }

  /**
   * Asks once for all reads of this turn of the event loop, after all of them have asked.
   * @returns null when the store does not answer and reads may be answered from memory
   */
  async ask(ids: readonly InstanceId[]): Promise<Mark | null> {
    if (this.isAway) return null;
    this.turn ??= this.newTurn();
    for (const id of ids) this.turn.ids.add(id);
    return this.turn.mark;
  }

  /** Ignores the answers to earlier questions, which say nothing about the present data. */
  forgetQuestions(): void {
    this.latestAnswered = this.questions;
  }

  /** Asks until the store is well again. */
  probe(): void {
    this.probing = this.probing.then(() => this.probeUntilBack(this.shutdown.signal));
  }

  private newTurn(): Turn {
    const ids = new Set<InstanceId>();
    const { promise, resolve } = Promise.withResolvers<Mark | null>();
    // The immediates run after all input of this turn was read.
    setImmediate(() => {
      this.turn = null;
      this.turnListeners.emit((listener) => listener());
      resolve(this.read([...ids]));
    });
    return { ids, mark: promise };
  }

  private async read(ids: readonly InstanceId[]): Promise<Mark | null> {
    const asked = this.askStore(ids);
    if (!this.mayFallBack) return asked;
    const late = Promise.withResolvers<null>();
    // A timer, not a signal: this is done for each turn, and to abort a signal costs as much as the rest of the
    // question. Because of the immediates an answer counts that has arrived by then: a busy process reads its input
    // late.
    const timer = setTimeout(() => setImmediate(() => setImmediate(() => late.resolve(null))), MAX_SILENCE_MS);
    try {
      const mark = await Promise.race([asked, late.promise]);
      if (mark !== null) {
        this.contact.answered();
        return mark;
      }
      // A late answer does not count as an answer: a store that is always late would be back and away in turns.
      this.contact.tookTooLong();
      asked.catch((error: unknown) => this.contact.refused(error));
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.contact.refused(error);
    } finally {
      clearTimeout(timer);
    }
    return null;
  }

  private async askStore(ids: readonly InstanceId[]): Promise<Mark> {
    const question = ++this.questions;
    const { position, incarnation, lastUsed } = await this.marks.read(ids);
    const uses = new Map<InstanceId, Timestamp | null>();
    ids.forEach((id, place) => uses.set(id, lastUsed[place] ?? null));
    const mark = { position: streamPosition(position) ?? FEED_START, incarnation, lastUsed: uses };
    if (question > this.latestAnswered) {
      this.latestAnswered = question;
      this.markListeners.emit((listener) => listener(mark));
    }
    return mark;
  }

  private listenerFailed(error: unknown): void {
    this.logger.error('A listener to the marks of the feed failed', { err: error });
  }

  private async probeUntilBack(signal: AbortSignal): Promise<void> {
    while (this.isAway && !signal.aborted) {
      await delay(PROBE_MS, signal);
      // Every error counts: a probe that ended here would leave the store away for good.
      if (!signal.aborted) await this.read([]).catch((error: unknown) => this.contact.refused(error));
    }
  }
}
