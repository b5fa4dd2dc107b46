import { delay, oneLine, untilAborted } from '@app/platform';
import { isAfter, type StreamPosition, streamPosition } from '@app/redis';
import { Injectable, Logger } from '@nestjs/common';
import { DataLossRepair, feedVerdict, type KnownData } from './data-loss.js';
import { FEED_START, FleetCopy, type NextCopy } from './fleet-copy.js';
import { LoadState } from './load-state.js';
import { MarkReader } from './mark-reader.js';
import { StoreAvailability } from './store-availability.js';
import { StoredFleet } from './stored-fleet.js';

const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** A load that was overtaken by the feed begins anew when the feed was kept up with for so long, as after an import. */
const CALM_MS = 1_000;
/** Or after so long in any case. */
const MOST_CALM_MS = 30_000;

/**
 * Reads the fleet into the copy: at first, when the feed has lost entries, and when the store has lost data, which it has
 * written back before. One load at a time.
 */
@Injectable()
export class FleetLoader {
  private readonly logger = new Logger('WatchCache');
  private known: KnownData = { incarnation: null, position: FEED_START };
  /** The follower of the feed may be further: its answers come in over another connection. */
  private latestMark = FEED_START;
  /** Whether the fleet has to be read, whatever the feed looks like. */
  private mustLoad = false;
  private isWanted = false;
  private isRunning = false;
  private running: Promise<void> = Promise.resolve();
  private reading: AbortController | null = null;
  private pausing = new AbortController();
  /** When the feed has overtaken a load last. */
  private overtakenAt: number | null = null;
  private readonly shutdown = new AbortController();

  constructor(
    private readonly stored: StoredFleet,
    private readonly copy: FleetCopy,
    private readonly state: LoadState,
    private readonly repair: DataLossRepair,
    private readonly marks: MarkReader,
    private readonly contact: StoreAvailability,
  ) {}

  async stop(): Promise<void> {
    this.shutdown.abort();
    this.reading?.abort();
    this.pausing.abort();
    await this.running;
  }

  /** The feed as it is by the latest answer. A feed never goes back, unless the store has lost data. */
  noteMark(position: StreamPosition, incarnation: string | null): void {
    if (!this.state.isLoaded) return;
    if (incarnation === this.known.incarnation && !isAfter(this.latestMark, position)) {
      this.latestMark = position;
      this.noteReached(position);
      return;
    }
    this.logger.warn('The store seems to have lost data; the instances are read again');
    if (incarnation !== this.known.incarnation) this.copy.freeze();
    this.state.markStale();
    this.want();
  }

  noteReached(position: StreamPosition): void {
    if (this.state.isLoaded && isAfter(position, this.known.position)) this.known = { ...this.known, position };
  }

  /** Reads the fleet; a load under way is begun anew once the feed can be kept up with. */
  begin(): void {
    if (this.reading !== null) {
      this.overtakenAt = performance.now();
      this.reading.abort();
    } else if (this.overtakenAt !== null) this.overtakenAt = performance.now();
    this.mustLoad = true;
    this.state.markStale();
    this.want();
  }

  /** Reads the fleet if records are shown that differ from those in the store. */
  replaceAssumed(): void {
    if (this.copy.hasAssumed) this.begin();
  }

  /** Asks whether data or entries were lost, and reads the fleet if so. */
  check(): void {
    this.want();
  }

  /** After an outage: reads the fleet if data or entries were lost meanwhile. Comes back when that is done. */
  async verify(signal: AbortSignal): Promise<void> {
    this.want();
    this.pausing.abort();
    await untilAborted(this.running, signal);
    signal.throwIfAborted();
  }

  private want(): void {
    this.isWanted = true;
    if (this.isRunning || this.shutdown.signal.aborted) return;
    this.isRunning = true;
    this.running = this.work();
  }

  private async work(): Promise<void> {
    let retryMs = FIRST_RETRY_MS;
    while (this.isWanted && !this.shutdown.signal.aborted) {
      await this.calm();
      this.isWanted = false;
      try {
        await this.loadOnce();
        retryMs = FIRST_RETRY_MS;
      } catch (error) {
        this.isWanted = true;
        // Readers that wait for the verdict find out themselves what is the matter.
        this.state.markAssessed();
        if (this.shutdown.signal.aborted) break;
        this.marks.failed(error);
        const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
        this.logger.warn(`The instances cannot be read at present: ${reason}`);
        await this.pause(retryMs);
        retryMs = Math.min(2 * retryMs, LAST_RETRY_MS);
      }
    }
    this.isRunning = false;
  }

  private async calm(): Promise<void> {
    const begunAt = performance.now();
    while (this.overtakenAt !== null && !this.shutdown.signal.aborted) {
      const restMs = Math.min(this.overtakenAt + CALM_MS, begunAt + MOST_CALM_MS) - performance.now();
      if (restMs > 0) await this.pause(restMs);
      else this.overtakenAt = null;
    }
  }

  /** Cut short when the store is back. */
  private async pause(ms: number): Promise<void> {
    this.pausing = new AbortController();
    await delay(ms, AbortSignal.any([this.pausing.signal, this.shutdown.signal]));
  }

  private async loadOnce(): Promise<void> {
    const state = await this.stored.feedState(this.known.position.join('-'));
    if (this.state.wasRead) {
      const verdict = feedVerdict(this.known, state);
      if (verdict === 'lost') this.state.markLost();
      if (verdict === 'whole' && !this.state.hasLost && !this.mustLoad && !this.copy.isFrozen) {
        this.state.markLoaded();
        return;
      }
      if (this.state.hasLost) this.copy.freeze();
      else this.copy.unfreeze();
      this.state.markStale();
      this.state.markAssessed();
      // Unless the follower of the feed has said already where it goes on.
      if (!state.holds && !this.mustLoad) this.copy.forgetPosition();
    }
    this.mustLoad = false;
    const incarnation = await this.stored.incarnation();
    const next = this.copy.begin();
    if (!(await this.read(next))) return;
    if (this.state.hasLost) await this.writeBack(next);
    const position = streamPosition(state.latest) ?? FEED_START;
    this.known = { incarnation, position };
    this.latestMark = position;
    // The answer to an earlier question says nothing about the data that were just read.
    this.marks.forgetQuestions();
    // Entries were lost meanwhile: the copy of before is as good.
    if (this.mustLoad) return;
    // An assumed stop is shown until it is in the store.
    if (!this.copy.hasAssumed || this.contact.state === 'healthy') this.copy.show(next);
    this.state.markLoaded();
  }

  /** @returns false when the feed has overtaken it */
  private async read(next: NextCopy): Promise<boolean> {
    this.reading = new AbortController();
    try {
      return await this.stored.readInto(next, this.reading.signal);
    } finally {
      this.reading = null;
    }
  }

  private async writeBack(next: NextCopy): Promise<void> {
    const { restored, replaced, removedAgain, desiredAgain, refused } = await this.repair.run(
      next,
      this.shutdown.signal,
    );
    this.copy.unfreeze();
    this.logger.warn(
      `The store had lost data: ${restored} instances were written back, ${replaced} second records removed in their place, ${removedAgain} removed again, and the desired state of ${desiredAgain} was set again`,
    );
    if (refused.length > 0) {
      this.logger.error(`${refused.length} instances could not be written back: ${refused.slice(0, 10).join(', ')}`);
    }
    this.state.markRestored();
  }
}
