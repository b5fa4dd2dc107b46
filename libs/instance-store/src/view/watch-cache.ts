import {
  Clock,
  delay,
  HealthIndicatorRegistry,
  Listeners,
  MetricsRegistry,
  oneLine,
  Settings,
  type Timestamp,
} from '@app/platform';
import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Gauge, type Registry } from 'prom-client';
import { type FeedEntry, isInstanceChange } from '../change-feed.js';
import { ChangeFeedView, type FeedListener } from '../feed/change-feed-view.js';
import { IdleTracker } from '../idle/idle-tracker.port.js';
import type { InstanceRecord } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import { InstanceRecords } from '../record/instance-records.port.js';
import { CorruptRecordError } from '../record/parse-record.js';
import { StoreUnavailableError } from '../store-errors.js';
import { FleetAudit } from './fleet-audit.js';
import { FleetCopy } from './fleet-copy.js';
import type { IndexPage } from './fleet-index.js';
import { FleetLoader } from './fleet-loader.js';
import {
  type FleetCountsRead,
  FleetNotLoadedError,
  type FleetPage,
  type FleetQuery,
  type FleetRead,
  FleetView,
  ReadMarks,
} from './fleet-view.js';
import { MarkReader } from './mark-reader.js';
import { StoreAvailability } from './store-availability.js';

/** How long a list waits for the fleet to be read anew, before it is answered as the fleet was known. */
const MAX_RELOAD_WAIT_MS = 1_000;
/** How long a list waits for the fleet to be read at the start. */
const MAX_LOAD_WAIT_MS = 5_000;
const REFETCH_PAUSE_MS = 1_000;
/** Pages whose text others may have made already. */
const MAX_PAGES = 100;

/**
 * Keeps every record of the fleet in this process: reads them all page by page, follows the change feed from before the
 * first page on, and begins anew where the feed has lost entries. Reads are answered from memory once everything has been
 * taken in that the feed held when they came.
 */
@Injectable()
export class WatchCache extends FleetView implements FeedListener, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('WatchCache');
  private readonly copy: FleetCopy;
  private readonly marks: MarkReader;
  private readonly loader: FleetLoader;
  private readonly audit: FleetAudit;
  private readonly lossListeners = new Listeners<() => void>((error) => {
    this.logger.error('A listener to the loss of data failed', { err: error });
  });
  private unsubscribe: () => void = () => undefined;
  private whenAway = Promise.withResolvers<void>();
  /** When the store answered last before it went away; null while it is well. */
  private awaySince: Timestamp | null = null;
  private readonly lists = new Map<string, Promise<FleetPage>>();
  private readonly pages = new LRUCache<string, FleetPage>({ max: MAX_PAGES });
  private readonly mayFallBack: boolean;
  private readonly shutdown = new AbortController();

  constructor(
    private readonly records: InstanceRecords,
    idle: IdleTracker,
    marks: ReadMarks,
    private readonly feed: ChangeFeedView,
    clock: Clock,
    private readonly health: HealthIndicatorRegistry,
    private readonly contact: StoreAvailability,
    @Inject(MetricsRegistry) metrics: Registry,
    settings: Settings,
  ) {
    super();
    const unreadable = (): number => this.copy.damaged.size;
    const gauge: Gauge = new Gauge({
      name: 'instances_unreadable',
      help: 'Instances whose stored records are damaged, so that no list holds them; as this process has read the fleet',
      registers: [metrics],
      collect() {
        gauge.set(unreadable());
      },
    });
    this.mayFallBack = settings.REDIS_ENABLE_FALLBACK;
    this.copy = new FleetCopy(clock);
    this.marks = new MarkReader(marks, contact, this.mayFallBack, {
      turn: () => this.lists.clear(),
      mark: ({ position, incarnation }) => this.loader.noteMark(position, incarnation),
    });
    this.loader = new FleetLoader(records, idle, marks, this.copy, contact, clock, {
      mayFallBack: this.mayFallBack,
      // An answer to a question of before says nothing about the data that were read.
      onRead: () => this.marks.forgetQuestions(),
      onDataLoss: () => this.lossListeners.tell((listener) => listener()),
    });
    this.audit = new FleetAudit(records, marks, this.copy, clock, {
      isCurrent: () => this.loader.isLoaded && !this.marks.isAway,
      refetch: (id) => this.refetch(id),
      reload: () => this.loader.begin(),
    });
  }

  /** The feed says where it begins, and then where it goes on after a loss: `lost` is where the fleet is read. */
  onModuleInit(): void {
    const leaveFeed = this.feed.subscribe(this);
    const leaveContact = this.contact.subscribe((state, before) => {
      if (state === 'degraded') this.contactLost();
      if (state === 'healthy' && before === 'recovering') this.contactRegained();
    });
    this.contact.onRecovery({
      stage: 'records',
      name: 'Bringing the instances in line with the store',
      run: (signal) => this.loader.verify(signal),
    });
    this.audit.start();
    this.unsubscribe = () => {
      leaveFeed();
      leaveContact();
    };
    this.health.register({
      name: 'instances',
      needed: true,
      check: async () => {
        if (!this.loader.wasLoaded) throw new FleetNotLoadedError();
        const { seededAt } = this.loader;
        if (seededAt !== null)
          return { degraded: `the instances are those that Novita listed at ${seededAt}`, asOf: seededAt };
        if (!this.loader.isLoaded) return { degraded: 'the instances are being read again' };
        const { size } = this.copy.damaged;
        if (size === 0) return {};
        return { unreadable: size, degraded: `${size} stored ${size === 1 ? 'record' : 'records'} cannot be read` };
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe();
    this.shutdown.abort();
    await Promise.all([this.audit.stop(), this.loader.stop(), this.marks.stop()]);
  }

  get size(): number {
    return this.copy.index.size;
  }

  /** Compares every record with the store now, as is done bit by bit all the time. */
  async compareAll(): Promise<void> {
    await this.audit.compareAll();
  }

  override async get(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    if (this.marks.isAway && this.loader.wasLoaded) return this.remembered(ref);
    if (!this.loader.isLoaded) return this.whileReading(ref);
    const id = isInstanceId(ref) ? ref : this.copy.index.get(ref)?.id;
    const mark = await this.ask(id === undefined ? [] : [id]);
    if (mark === null) return this.remembered(ref);
    if (!this.loader.isLoaded) return this.whileReading(ref);
    if (!(await this.copy.reaches(mark.position))) return this.readThrough(ref);
    if (!this.loader.isLoaded) return this.whileReading(ref);
    const record = this.copy.index.get(ref);
    // What is not here may be damaged, or missed: the store knows.
    if (record === null || this.copy.isUnread(record.id)) return this.readThrough(ref);
    const lastUsedAt = mark.lastUsed.get(record.id);
    return lastUsedAt === undefined ? this.readThrough(ref) : { record, lastUsedAt, behindSince: null };
  }

  /** The store itself knows, unless it has lost what this process knows. */
  private async whileReading(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    try {
      if (!(await this.loader.isLossOpen())) return await this.readThrough(ref);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || !this.mayFallBack || !this.loader.wasLoaded) throw error;
    }
    if (!this.mayFallBack) {
      await this.waitUntilLoaded();
      return this.readThrough(ref);
    }
    return this.remembered(ref);
  }

  /** From the store itself; as it was known last when the store goes away at that moment. */
  private async readThrough(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    try {
      const stored = await this.records.get(ref);
      return stored === null ? null : { ...stored, behindSince: null };
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || !this.mayFallBack || !this.loader.wasLoaded) throw error;
      this.contact.refused(error);
      return this.remembered(ref);
    }
  }

  /** Without a word of the store, where it is not needed: what is not here may exist all the same. */
  private async remembered(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    const record = this.copy.index.get(ref);
    if (record === null) {
      if (this.contact.isAway)
        throw new StoreUnavailableError('the store does not answer, and this instance is not in memory');
      const stored = await this.records.get(ref);
      return stored === null ? null : { ...stored, behindSince: null };
    }
    return { record, lastUsedAt: this.copy.uses.get(record.id) ?? null, behindSince: this.behindSince() };
  }

  /** Up to when an answer surely has every change that is made from memory alone. */
  private behindSince(): Timestamp {
    return this.loader.seededAt ?? this.awaySince ?? this.loader.staleSince ?? this.contact.lastContact;
  }

  override storeAwaySince(): Timestamp | null {
    return this.marks.isAway ? this.behindSince() : null;
  }

  override known(ref: InstanceId | NovitaInstanceId): InstanceRecord | null {
    return this.copy.index.get(ref);
  }

  override assume(record: InstanceRecord): void {
    if (this.contact.isAway || this.contact.state === 'recovering') this.copy.assume(record);
  }

  override get wasRead(): boolean {
    return this.loader.wasLoaded && this.loader.seededAt === null;
  }

  override seed(records: readonly InstanceRecord[], asOf: Timestamp): void {
    if (this.wasRead) return;
    this.copy.seed(records);
    this.loader.seed(asOf);
  }

  override onDataLoss(listener: () => void): () => void {
    return this.lossListeners.add(listener);
  }

  override unreadable(): readonly InstanceId[] {
    return [...this.copy.damaged];
  }

  override list(query: FleetQuery): Promise<FleetPage> {
    const name = JSON.stringify(query);
    let page = this.lists.get(name);
    if (page === undefined) {
      const read = this.read(name, query).finally(() => {
        if (this.lists.get(name) === read) this.lists.delete(name);
      });
      this.lists.set(name, read);
      page = read;
    }
    return page;
  }

  override async counts(): Promise<FleetCountsRead> {
    const answer = (behindSince: Timestamp | null): FleetCountsRead => ({
      ...this.copy.index.counts(),
      unreadable: this.copy.damaged.size,
      behindSince,
    });
    if (!(await this.waitUntilLoaded())) return answer(this.behindSince());
    const mark = await this.ask([]);
    if (mark === null) return answer(this.behindSince());
    const isUpToDate = await this.copy.reaches(mark.position);
    if (!(await this.waitUntilLoaded())) return answer(this.behindSince());
    return answer(isUpToDate ? null : this.copy.appliedAt);
  }

  entry(entry: FeedEntry): void {
    if (isInstanceChange(entry)) this.copy.apply(entry.instanceId, entry.record);
    this.reach(entry.entryId);
  }

  advanced(position: string, unread: readonly InstanceId[]): void {
    for (const id of unread) this.refetch(id);
    this.reach(position);
  }

  lost(position: string): void {
    this.loader.begin();
    this.reach(position);
  }

  interrupted(since: Timestamp | null): void {
    // The follower of the feed learns in its own time whether anything was lost; readers want to know at once.
    if (since === null && this.loader.isLoaded) this.loader.check();
    // Nobody may be reading, and what is to be ended without the store waits for that to be known.
    if (since !== null) void this.ask([]).catch(() => undefined);
  }

  private reach(entryId: string): void {
    this.copy.reach(entryId);
    this.loader.noteReached(this.copy.applied);
  }

  private async ask(ids: readonly InstanceId[]) {
    const mark = await this.marks.ask(ids);
    if (mark !== null) for (const [id, use] of mark.lastUsed) if (use !== null) this.copy.noteUse(id, use);
    return mark;
  }

  private contactLost(): void {
    this.awaySince ??= this.contact.lastContact;
    this.logger.warn(`The store does not answer; reads are answered from memory, as of ${this.awaySince}`);
    this.whenAway.resolve();
    this.marks.probe();
  }

  private contactRegained(): void {
    this.logger.log('The store answers again; reads show the latest');
    this.awaySince = null;
    this.whenAway = Promise.withResolvers();
    if (this.copy.hasAssumed) this.loader.begin();
  }

  private async read(name: string, query: FleetQuery): Promise<FleetPage> {
    if (!(await this.waitUntilLoaded())) return this.staleList(name, query);
    await this.audit.refreshIdle(query);
    const first = this.copy.index.page(query);
    const mark = await this.ask(first.records.map(({ id }) => id));
    if (mark === null) return this.staleList(name, query);
    const isUpToDate = await this.copy.reaches(mark.position);
    if (!(await this.waitUntilLoaded())) return this.staleList(name, query);
    const page = this.copy.index.page(query);
    let uses = mark.lastUsed;
    const unasked = page.records.filter(({ id }) => !mark.lastUsed.has(id)).map(({ id }) => id);
    if (unasked.length > 0) {
      const more = await this.ask(unasked);
      if (more === null || !this.loader.isLoaded) return this.staleList(name, query);
      uses = new Map([...mark.lastUsed, ...more.lastUsed]);
    }
    return this.pageOf(name, page, uses, isUpToDate ? null : this.copy.appliedAt);
  }

  /** The same object for the same page, so that what was made of it can be used again. */
  private pageOf(
    name: string,
    { records, total, nextCursor }: IndexPage,
    uses: ReadonlyMap<InstanceId, Timestamp | null>,
    behindSince: Timestamp | null,
  ): FleetPage {
    const before = this.pages.get(name);
    const useOf = (id: InstanceId): Timestamp | null => uses.get(id) ?? null;
    const isSame =
      before !== undefined &&
      before.total === total &&
      before.nextCursor === nextCursor &&
      before.behindSince === behindSince &&
      before.instances.length === records.length &&
      before.instances.every(({ record, lastUsedAt }, i) => record === records[i] && lastUsedAt === useOf(record.id));
    if (isSame) return before;
    const instances = records.map((record) => ({ record, lastUsedAt: useOf(record.id) }));
    const page = { instances, total, nextCursor, behindSince };
    this.pages.set(name, page);
    return page;
  }

  /** As the fleet was known before, with what the feed has said since. */
  private staleList(name: string, query: FleetQuery): FleetPage {
    this.audit.sortIdle(query);
    return this.pageOf(name, this.copy.index.page(query), this.copy.uses, this.behindSince());
  }

  /** @returns false when the fleet as it was known before must do */
  private async waitUntilLoaded(): Promise<boolean> {
    if (this.marks.isAway && this.loader.wasLoaded) return false;
    if (this.loader.isLoaded) return true;
    const mayBeStale = this.loader.wasLoaded && this.mayFallBack;
    const patience = new AbortController();
    // Readers that come later need not wait for what has taken that long already.
    const patienceMs = mayBeStale ? Math.max(0, MAX_RELOAD_WAIT_MS - this.loader.staleForMs) : MAX_LOAD_WAIT_MS;
    await Promise.race([
      this.loader.whenLoaded,
      delay(patienceMs, patience.signal),
      ...(mayBeStale ? [this.whenAway.promise] : [this.loader.whenPictured]),
    ]);
    patience.abort();
    if (!this.loader.isLoaded && !(this.loader.wasLoaded && this.mayFallBack)) throw new FleetNotLoadedError();
    return this.loader.isLoaded;
  }

  private refetch(id: InstanceId): void {
    const question = this.copy.beginRefetch(id);
    void this.readAgain(id, question);
  }

  private async readAgain(id: InstanceId, question: symbol): Promise<void> {
    while (this.copy.isAsked(id, question) && !this.shutdown.signal.aborted) {
      try {
        const stored = await this.records.get(id);
        // A store that has lost its data does not hold it either; the mark says so.
        if (stored === null) await this.marks.ask([]);
        if (stored !== null || this.loader.isLoaded) this.copy.endRefetch(id, question, stored);
        if (!this.copy.isAsked(id, question)) return;
      } catch (error) {
        if (error instanceof CorruptRecordError) {
          this.logger.error(`${error.message}; left out`);
          this.copy.endRefetchDamaged(id, question);
          return;
        }
        const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
        this.logger.warn(`instance ${id} could not be read again: ${reason}`);
      }
      await delay(REFETCH_PAUSE_MS, this.shutdown.signal);
    }
  }
}
