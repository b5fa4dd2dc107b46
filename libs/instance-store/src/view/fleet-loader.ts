import { type Clock, delay, oneLine, type Timestamp, untilAborted } from '@app/platform';
import { isAfter, type StreamPosition, streamPosition } from '@app/redis';
import { Logger } from '@nestjs/common';
import type { IdleTracker } from '../ports/idle-tracker.port.js';
import type { InstanceRecords, RecordPage } from '../ports/instance-records.port.js';
import type { ReadMarks } from '../ports/read-marks.port.js';
import { StoreUnavailableError } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { CorruptRecordError } from '../record/parse-record.js';
import { DataLossRepair, feedVerdict, type KnownData } from './data-loss.js';
import { FEED_START, type FleetCopy, type NextCopy } from './fleet-copy.js';
import type { StoreAvailability } from './store-availability.js';

const LOAD_PAGE = 200;
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
export class FleetLoader {
  private readonly logger = new Logger('WatchCache');
  private readonly repair: DataLossRepair;
  private known: KnownData = { incarnation: null, position: FEED_START };
  /** The follower of the feed may be further: its answers come in over another connection. */
  private latestMark = FEED_START;
  private isCurrent = false;
  private isFilled = false;
  private seedAsOf: Timestamp | null = null;
  /** Of a copy of either kind. */
  private readonly firstShown = Promise.withResolvers<void>();
  private since: Timestamp | null = null;
  private staleAt = 0;
  private loaded = Promise.withResolvers<void>();
  /** Of the question whether data were lost. */
  private assessed = Promise.withResolvers<void>();
  /** Whether data are known to be lost that were not written back yet. */
  private hasLost = false;
  /** Whether the fleet has to be read, whatever the state of the feed. */
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
    private readonly records: InstanceRecords,
    idle: IdleTracker,
    private readonly marks: ReadMarks,
    private readonly copy: FleetCopy,
    private readonly contact: StoreAvailability,
    private readonly clock: Clock,
    private readonly options: {
      readonly mayFallBack: boolean;
      readonly onRead: () => void;
      readonly onDataLoss: () => void;
    },
  ) {
    this.repair = new DataLossRepair(records, idle, marks, copy);
  }

  /** Whether the copy holds all that the feed has said. */
  get isLoaded(): boolean {
    return this.isCurrent;
  }

  /** Whether there is a copy of the fleet, be it an older one. */
  get wasLoaded(): boolean {
    return this.isFilled;
  }

  /** Since when the fleet is being read anew; null while it is loaded. */
  get staleSince(): Timestamp | null {
    return this.since;
  }

  /** For how long it has been read anew. */
  get staleForMs(): number {
    return this.since === null ? 0 : performance.now() - this.staleAt;
  }

  get whenLoaded(): Promise<void> {
    return this.loaded.promise;
  }

  /** Whether the store lacks what the copy holds. Asks the store if nobody knows. */
  async isLossOpen(): Promise<boolean> {
    if (!this.isCurrent && this.isFilled) await Promise.race([this.assessed.promise, this.loaded.promise]);
    return this.hasLost;
  }

  async stop(): Promise<void> {
    this.shutdown.abort();
    this.reading?.abort();
    this.pausing.abort();
    await this.running;
  }

  /** There is a copy that does not come from the store, observed at that time, until the first one that does. */
  seed(asOf: Timestamp): void {
    this.seedAsOf = asOf;
    this.isFilled = true;
    this.firstShown.resolve();
  }

  /** When the copy was observed, if it was never read from the store; null otherwise. */
  get seededAt(): Timestamp | null {
    return this.seedAsOf;
  }

  /** Whether there is a copy of any kind. */
  get whenFirstShown(): Promise<void> {
    return this.firstShown.promise;
  }

  /** The feed as it is by the latest answer. A feed never goes back, unless the store has lost data. */
  noteMark(position: StreamPosition, incarnation: string | null): void {
    if (!this.isCurrent) return;
    if (incarnation === this.known.incarnation && !isAfter(this.latestMark, position)) {
      this.latestMark = position;
      this.noteReached(position);
      return;
    }
    this.logger.warn('The store seems to have lost data; the instances are read again');
    this.makeStale();
    this.want();
  }

  noteReached(position: StreamPosition): void {
    if (this.isCurrent && isAfter(position, this.known.position)) this.known = { ...this.known, position };
  }

  /** Reads the fleet; a load under way is begun anew once the feed can be kept up with. */
  begin(): void {
    if (this.reading !== null) {
      this.overtakenAt = performance.now();
      this.reading.abort();
    } else if (this.overtakenAt !== null) this.overtakenAt = performance.now();
    this.mustLoad = true;
    this.makeStale();
    this.want();
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

  private makeStale(): void {
    if (this.isCurrent) {
      this.loaded = Promise.withResolvers();
      this.assessed = Promise.withResolvers();
    }
    this.isCurrent = false;
    if (this.since !== null) return;
    this.since = this.clock.timestamp();
    this.staleAt = performance.now();
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
        this.assessed.resolve();
        if (this.shutdown.signal.aborted) break;
        if (error instanceof StoreUnavailableError && this.options.mayFallBack) this.contact.refused(error);
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
    const state = await this.marks.feedState(this.known.position.join('-'));
    if (this.isFilled && this.seedAsOf === null) {
      const verdict = feedVerdict(this.known, state);
      if (verdict === 'lost') this.hasLost = true;
      if (verdict === 'whole' && !this.hasLost && !this.mustLoad) {
        this.markLoaded();
        return;
      }
      this.makeStale();
      this.assessed.resolve();
      // Unless the follower of the feed has said already where it goes on.
      if (!state.holds && !this.mustLoad) this.copy.forgetPosition();
    }
    this.mustLoad = false;
    const incarnation = await this.marks.incarnation();
    const next = this.copy.begin();
    if (!(await this.read(next))) return;
    if (this.hasLost) await this.writeBack(next);
    const position = streamPosition(state.latest) ?? FEED_START;
    this.known = { incarnation, position };
    this.latestMark = position;
    this.options.onRead();
    // Entries were lost meanwhile: the copy of before is as good.
    if (this.mustLoad) return;
    // An assumed stop is shown until it is in the store.
    if (!this.copy.hasAssumed || this.contact.state === 'healthy') this.copy.show(next);
    this.seedAsOf = null;
    this.isFilled = true;
    this.firstShown.resolve();
    this.markLoaded();
  }

  /** @returns false when the feed has overtaken it */
  private async read(next: NextCopy): Promise<boolean> {
    this.reading = new AbortController();
    const { signal } = this.reading;
    try {
      for await (const page of recordPages(this.records)) {
        if (signal.aborted || !this.copy.fill(next, page.instances)) return false;
        // One that is not on its page may have been removed while it was read.
        for (const id of page.skipped ?? []) if (await this.isDamaged(id)) next.damaged.add(id);
      }
      return true;
    } finally {
      this.reading = null;
    }
  }

  private async isDamaged(id: InstanceId): Promise<boolean> {
    try {
      await this.records.get(id);
      return false;
    } catch (error) {
      if (error instanceof CorruptRecordError) return true;
      throw error;
    }
  }

  private async writeBack(next: NextCopy): Promise<void> {
    const { restored, removedAgain, desiredAgain } = await this.repair.run(next, this.shutdown.signal);
    this.hasLost = false;
    this.logger.warn(
      `The store had lost data: ${restored} instances were written back, ${removedAgain} removed again, and the desired state of ${desiredAgain} was set again`,
    );
    this.options.onDataLoss();
  }

  private markLoaded(): void {
    this.isCurrent = true;
    this.since = null;
    this.assessed.resolve();
    this.loaded.resolve();
  }
}

/** Every record, page by page; the next page is on its way while one is taken in. */
async function* recordPages(records: InstanceRecords): AsyncGenerator<RecordPage> {
  let next: Promise<RecordPage> | null = records.scan(null, LOAD_PAGE);
  while (next !== null) {
    const page: RecordPage = await next;
    next = page.nextCursor === null ? null : records.scan(page.nextCursor, LOAD_PAGE);
    // Whoever goes on awaits it; one that is not wanted any more may fail unheard.
    next?.catch(() => undefined);
    yield page;
  }
}
