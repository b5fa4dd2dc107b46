import { Clock, delay, HealthIndicatorRegistry, oneLine, Settings, type Timestamp } from '@app/platform';
import { isAfter, STREAM_START, type StreamPosition, streamPosition } from '@app/redis';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { type FeedEntry, isInstanceChange } from '../change-feed.js';
import { ChangeFeed } from '../feed/change-feed.port.js';
import { ChangeFeedView, type FeedListener } from '../feed/change-feed-view.js';
import type { InstanceRecord, StoredInstance } from '../instance.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../instance-id.js';
import { InstanceStore, StoreUnavailableError } from '../instance-store.port.js';
import { FleetIndex, type IndexPage } from './fleet-index.js';
import {
  FleetNotLoadedError,
  type FleetPage,
  type FleetQuery,
  type FleetRead,
  FleetView,
  ReadMarks,
} from './fleet-view.js';
import { StoreAvailability } from './store-availability.js';

const LOAD_PAGE = 200;
/** How long a read waits for changes that are known to exist, before it asks the store or says that it lags. */
const MAX_LAG_MS = 250;
/**
 * A store that does not answer a read within that time is answered for from memory. A connection that is lost is known at
 * once; this is for one that has fallen silent, and a store that is merely slow shall not make answers older.
 */
const MAX_SILENCE_MS = 500;
/** How often a store that is away is asked whether it is back. */
const PROBE_MS = 250;
/** How long a list waits for the fleet to be read anew, before it is answered as the fleet was known. */
const MAX_RELOAD_WAIT_MS = 1_000;
/** How long a list waits for the fleet to be read at the start. */
const MAX_LOAD_WAIT_MS = 5_000;
const FIRST_RETRY_MS = 500;
const LAST_RETRY_MS = 30_000;
/** Pages whose text others may have made already. */
const MAX_PAGES = 100;

interface Waiter {
  readonly position: StreamPosition;
  readonly resolve: () => void;
}

interface Mark {
  readonly position: StreamPosition;
  readonly lastUsed: ReadonlyMap<InstanceId, Timestamp | null>;
}

/** Reads that wait for one turn's question to the store. */
interface Turn {
  readonly ids: Set<InstanceId>;
  /** Null when the store does not answer. */
  readonly mark: Promise<Mark | null>;
}

/**
 * Keeps every record of the fleet in this process: reads them all page by page, follows the change feed from before the
 * first page on, and begins anew where the feed has lost entries. Reads are answered from memory once everything has been
 * taken in that the feed held when they came.
 */
@Injectable()
export class WatchCache extends FleetView implements FeedListener, OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('WatchCache');
  private index = new FleetIndex();
  /** The one that is being filled, while the fleet is read. */
  private loading: {
    readonly index: FleetIndex;
    readonly removed: Set<InstanceId>;
    readonly end: AbortController;
  } | null = null;
  private isLoaded = false;
  /** Whether there is a picture of the fleet, be it an older one. */
  private wasLoaded = false;
  /** When that picture was observed, if it was never read from the store; null otherwise. */
  private seededAt: Timestamp | null = null;
  /** Of a picture of either kind. */
  private readonly firstPicture = Promise.withResolvers<void>();
  /** Their desired states are shown until what is seeded agrees with them. */
  private readonly assumed = new Map<InstanceId, InstanceRecord>();
  /** Whether records are shown that the store does not hold so. */
  private hasAssumed = false;
  private loaded = Promise.withResolvers<void>();
  private running: Promise<void> = Promise.resolve();
  private readonly shutdown = new AbortController();
  private unsubscribe: () => void = () => undefined;

  private applied: StreamPosition = START;
  private appliedAt: Timestamp;
  private waiters: Waiter[] = [];
  /** Questions are answered in their order, but what waits for the answers may wake in another. */
  private questions = 0;
  private latestMark: { readonly question: number; readonly position: StreamPosition } = {
    question: 0,
    position: START,
  };
  /** Since when the fleet is being read anew; null while it is loaded. */
  private staleSince: Timestamp | null = null;
  private whenAway = Promise.withResolvers<void>();
  private turn: Turn | null = null;
  private readonly lists = new Map<string, Promise<FleetPage>>();
  private readonly pages = new LRUCache<string, FleetPage>({ max: MAX_PAGES });
  /** As the store told them last; what a read from memory shows while the store is away. */
  private readonly uses = new Map<InstanceId, Timestamp>();
  private probing: Promise<void> = Promise.resolve();
  private readonly mayFallBack: boolean;
  /** Their latest entries could not be read; the store is asked for them until it has answered. */
  private readonly unread = new Set<InstanceId>();

  constructor(
    private readonly store: InstanceStore,
    private readonly marks: ReadMarks,
    private readonly feed: ChangeFeedView,
    private readonly changes: ChangeFeed,
    private readonly clock: Clock,
    private readonly health: HealthIndicatorRegistry,
    private readonly contact: StoreAvailability,
    settings: Settings,
  ) {
    super();
    this.mayFallBack = settings.REDIS_ENABLE_FALLBACK;
    this.appliedAt = clock.timestamp();
  }

  /** The feed says where it begins, and then where it goes on after a loss: `lost` is where the fleet is read. */
  onModuleInit(): void {
    const leaveFeed = this.feed.subscribe(this);
    const leaveContact = this.contact.subscribe((state, before) => {
      if (state === 'degraded') this.contactLost();
      else if (before === 'degraded') this.contactRegained();
    });
    this.unsubscribe = () => {
      leaveFeed();
      leaveContact();
    };
    this.health.register({
      name: 'instances',
      needed: true,
      check: async () => {
        if (!this.wasLoaded) throw new FleetNotLoadedError();
        if (this.isLoaded) return {};
        if (this.seededAt === null) return { degraded: 'the instances are being read again' };
        return { degraded: `the instances are those that Novita listed at ${this.seededAt}`, asOf: this.seededAt };
      },
    });
  }

  async onApplicationShutdown(): Promise<void> {
    this.unsubscribe();
    this.shutdown.abort();
    this.loading?.end.abort();
    await Promise.all([this.running, this.probing]);
  }

  get size(): number {
    return this.index.size;
  }

  override async get(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    if (this.contact.isAway && this.wasLoaded) return this.remembered(ref);
    if (!this.isLoaded) return this.readThrough(ref);
    const id = isInstanceId(ref) ? ref : this.index.get(ref)?.id;
    const mark = await this.ask(id === undefined ? [] : [id]);
    if (mark === null) return this.remembered(ref);
    if (!this.isLoaded) return this.readThrough(ref);
    if (!(await this.reaches(mark.position))) return this.readThrough(ref);
    const record = this.index.get(ref);
    // What is not here may be damaged, or missed: the store knows.
    if (record === null || this.unread.has(record.id)) return this.readThrough(ref);
    const lastUsedAt = mark.lastUsed.get(record.id);
    return lastUsedAt === undefined ? this.readThrough(ref) : { record, lastUsedAt, behindSince: null };
  }

  /** From the store itself; as it was known last when the store goes away at that moment. */
  private async readThrough(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    try {
      const stored = await this.store.get(ref);
      return stored === null ? null : { ...stored, behindSince: null };
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || !this.mayFallBack || !this.wasLoaded) throw error;
      this.contact.refused(error);
      return this.remembered(ref);
    }
  }

  /** Without a word of the store: what is not here may exist all the same. */
  private remembered(ref: InstanceId | NovitaInstanceId): FleetRead {
    const record = this.index.get(ref);
    if (record === null)
      throw new StoreUnavailableError('the store does not answer, and this instance is not in memory');
    return { record, lastUsedAt: this.uses.get(record.id) ?? null, behindSince: this.knownAsOf() };
  }

  override storeAwaySince(): Timestamp | null {
    return this.contact.isAway ? this.knownAsOf() : null;
  }

  /** Of what is in memory, while the store is away. */
  private knownAsOf(): Timestamp {
    return this.seededAt ?? this.contact.lastContact;
  }

  override known(ref: InstanceId | NovitaInstanceId): InstanceRecord | null {
    return this.index.get(ref);
  }

  override assume(record: InstanceRecord): void {
    if (!this.contact.isAway) return;
    this.hasAssumed = true;
    this.assumed.set(record.id, record);
    this.index.put(record);
  }

  override get wasRead(): boolean {
    return this.wasLoaded && this.seededAt === null;
  }

  override seed(records: readonly InstanceRecord[], asOf: Timestamp): void {
    if (this.wasRead) return;
    const index = new FleetIndex();
    for (const record of records) index.put(this.asAssumed(record));
    // Of one that a listing lacks nothing is known, and it was to be stopped or deleted.
    for (const record of this.assumed.values()) if (index.get(record.id) === null) index.put(record);
    this.index = index;
    this.seededAt = asOf;
    this.wasLoaded = true;
    this.hasAssumed = true;
    this.firstPicture.resolve();
  }

  private asAssumed(record: InstanceRecord): InstanceRecord {
    const assumed = this.assumed.get(record.id);
    if (assumed === undefined) return record;
    if (record.desired.state === assumed.desired.state) {
      this.assumed.delete(record.id);
      return record;
    }
    return { ...record, desired: assumed.desired, status: assumed.status, confirmedAt: assumed.confirmedAt };
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

  entry(entry: FeedEntry): void {
    if (isInstanceChange(entry)) this.apply(entry.instanceId, entry.record);
    this.reach(entry.entryId);
  }

  advanced(position: string, unread: readonly InstanceId[]): void {
    for (const id of unread) this.refetch(id);
    this.reach(position);
  }

  lost(position: string): void {
    this.begin();
    this.reach(position);
  }

  interrupted(since: Timestamp | null): void {
    // While it is away, reads ask the store themselves, and learn from it.
    if (since === null) void this.verify();
  }

  /** After an outage the store may have lost its last moments. The follower of the feed asks for that in its own time. */
  private async verify(): Promise<void> {
    const position = this.applied.join('-');
    try {
      if ((await this.changes.after(position, 1)) !== null || this.loading !== null) return;
      this.logger.warn(`The change feed does not know ${position} after an outage; the instances are read again`);
      this.begin();
    } catch {
      // Away again: the next end of an outage asks anew.
    }
  }

  private apply(id: InstanceId, record: StoredInstance['record'] | null): void {
    for (const index of this.indexes()) {
      if (record === null) index.remove(id);
      else index.put(record);
    }
    if (record === null) this.uses.delete(id);
    if (record === null) this.loading?.removed.add(id);
    else this.loading?.removed.delete(id);
  }

  /** Those that changes go into. Seeded records have other ids, and end with the first load. */
  private indexes(): readonly FleetIndex[] {
    const shown = this.seededAt === null ? [this.index] : [];
    return this.loading === null ? shown : [...shown, this.loading.index];
  }

  private reach(entryId: string): void {
    this.applied = streamPosition(entryId) ?? this.applied;
    this.appliedAt = this.clock.timestamp();
    if (this.waiters.length === 0) return;
    const waiting: Waiter[] = [];
    for (const waiter of this.waiters) {
      if (isAfter(waiter.position, this.applied)) waiting.push(waiter);
      else waiter.resolve();
    }
    this.waiters = waiting;
  }

  /** @returns false when it takes too long */
  private async reaches(position: StreamPosition): Promise<boolean> {
    if (!isAfter(position, this.applied)) return true;
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiter = { position, resolve };
    this.waiters.push(waiter);
    const patience = new AbortController();
    const inTime = await Promise.race([promise.then(() => true), delay(MAX_LAG_MS, patience.signal).then(() => false)]);
    patience.abort();
    if (!inTime) this.waiters = this.waiters.filter((one) => one !== waiter);
    return inTime;
  }

  /** Asks once for all reads of this turn of the event loop, after all of them have asked. */
  private async ask(ids: readonly InstanceId[]): Promise<Mark | null> {
    if (this.contact.isAway) return null;
    this.turn ??= this.newTurn();
    for (const id of ids) this.turn.ids.add(id);
    return this.turn.mark;
  }

  private newTurn(): Turn {
    const ids = new Set<InstanceId>();
    const { promise, resolve } = Promise.withResolvers<Mark | null>();
    // The immediates run after all input of this turn was read.
    setImmediate(() => {
      this.turn = null;
      this.lists.clear();
      resolve(this.readMark([...ids]));
    });
    return { ids, mark: promise };
  }

  /** @returns null when the store does not answer and reads may be answered from memory */
  private async readMark(ids: readonly InstanceId[]): Promise<Mark | null> {
    const asked = this.askStore(ids);
    if (!this.mayFallBack) return asked;
    const patience = new AbortController();
    try {
      const mark = await Promise.race([asked, tooLate(patience.signal)]);
      if (mark !== null) {
        this.contact.answered();
        return mark;
      }
      // A late answer does not count as one: a store that is always late would be back and away in turns.
      this.contact.tookTooLong();
      asked.catch((error: unknown) => this.contact.refused(error));
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      this.contact.refused(error);
    } finally {
      patience.abort();
    }
    return null;
  }

  private async askStore(ids: readonly InstanceId[]): Promise<Mark> {
    const question = ++this.questions;
    const { position, lastUsed } = await this.marks.read(ids);
    const at = streamPosition(position) ?? START;
    // A feed never goes back, unless the store was emptied or fell back: then nothing that is held here counts.
    if (question > this.latestMark.question) {
      if (isAfter(this.latestMark.position, at)) {
        this.logger.warn('The change feed went back, as after a loss of data; the instances are read again');
        this.begin();
      }
      this.latestMark = { question, position: at };
    }
    const uses = new Map<InstanceId, Timestamp | null>();
    ids.forEach((id, place) => {
      const use = lastUsed[place] ?? null;
      uses.set(id, use);
      if (use !== null) this.uses.set(id, use);
    });
    return { position: at, lastUsed: uses };
  }

  private contactRegained(): void {
    this.logger.log('The store answers again; reads show the latest');
    this.whenAway = Promise.withResolvers();
    if (this.hasAssumed) this.begin();
    else void this.verify();
  }

  private contactLost(): void {
    this.logger.warn(`The store does not answer; reads are answered from memory, as of ${this.contact.lastContact}`);
    this.whenAway.resolve();
    this.probing = this.probing.then(() => this.probe(this.shutdown.signal));
  }

  private async probe(signal: AbortSignal): Promise<void> {
    while (this.contact.isAway && !signal.aborted) {
      await delay(PROBE_MS, signal);
      // Whatever it fails with: a probe that ended here would leave the store away for good.
      await this.readMark([]).catch((error: unknown) => this.contact.refused(error));
    }
  }

  private async read(name: string, query: FleetQuery): Promise<FleetPage> {
    if (!(await this.waitUntilLoaded())) return this.staleList(name, query);
    const first = this.index.page(query);
    const mark = await this.ask(first.records.map(({ id }) => id));
    if (mark === null) return this.pageOf(name, first, this.uses, this.contact.lastContact);
    const isUpToDate = await this.reaches(mark.position);
    if (!(await this.waitUntilLoaded())) return this.staleList(name, query);
    const page = this.index.page(query);
    const uses = new Map(mark.lastUsed);
    const unasked = page.records.filter(({ id }) => !uses.has(id)).map(({ id }) => id);
    if (unasked.length > 0) {
      const more = await this.ask(unasked);
      if (more === null) return this.pageOf(name, page, this.uses, this.contact.lastContact);
      for (const [id, use] of more.lastUsed) uses.set(id, use);
    }
    return this.pageOf(name, page, uses, isUpToDate ? null : this.appliedAt);
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

  /** While the fleet is read anew: as it was known before, with what the feed has told since. */
  private staleList(name: string, query: FleetQuery): FleetPage {
    const since = this.contact.isAway || this.seededAt !== null ? this.knownAsOf() : this.staleSince;
    return this.pageOf(name, this.index.page(query), this.uses, since ?? this.contact.lastContact);
  }

  /** @returns false when the fleet as it was known before must do */
  private async waitUntilLoaded(): Promise<boolean> {
    if (this.isLoaded) return true;
    const mayBeStale = this.wasLoaded && this.mayFallBack;
    const patience = new AbortController();
    await Promise.race([
      this.loaded.promise,
      ...(mayBeStale ? [] : [this.firstPicture.promise]),
      delay(mayBeStale ? MAX_RELOAD_WAIT_MS : MAX_LOAD_WAIT_MS, patience.signal),
      ...(mayBeStale ? [this.whenAway.promise] : []),
    ]);
    patience.abort();
    if (!this.isLoaded && !(this.wasLoaded && this.mayFallBack)) throw new FleetNotLoadedError();
    return this.isLoaded;
  }

  /** Reads the fleet; one that is being read is begun anew. */
  private begin(): void {
    if (this.isLoaded) this.loaded = Promise.withResolvers();
    this.staleSince ??= this.clock.timestamp();
    this.isLoaded = false;
    this.loading?.end.abort();
    const end = new AbortController();
    this.loading = { index: new FleetIndex(), removed: new Set(), end };
    this.running = this.running.then(() => this.load(end.signal));
  }

  private async load(signal: AbortSignal): Promise<void> {
    for (
      let pause = FIRST_RETRY_MS;
      !signal.aborted && !this.shutdown.signal.aborted;
      pause = Math.min(2 * pause, LAST_RETRY_MS)
    ) {
      try {
        await this.loadOnce(signal);
        return;
      } catch (error) {
        if (error instanceof StoreUnavailableError && this.mayFallBack) this.contact.refused(error);
        const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
        this.logger.warn(`The instances cannot be read at present: ${reason}`);
        await delay(pause, signal);
      }
    }
  }

  private async loadOnce(signal: AbortSignal): Promise<void> {
    const { loading } = this;
    let cursor: string | null = null;
    do {
      const page = await this.store.list({
        limit: LOAD_PAGE,
        sort: 'createdAt',
        ...(cursor !== null && { cursor }),
      });
      if (signal.aborted || loading === null || loading !== this.loading) return;
      // A removal may have come by the feed while the page was on its way.
      for (const { record, lastUsedAt } of page.instances) {
        if (loading.removed.has(record.id)) continue;
        loading.index.put(record);
        if (lastUsedAt !== null) this.uses.set(record.id, lastUsedAt);
      }
      cursor = page.nextCursor;
    } while (cursor !== null);
    this.index = loading.index;
    this.loading = null;
    this.isLoaded = true;
    this.wasLoaded = true;
    this.seededAt = null;
    this.assumed.clear();
    this.hasAssumed = false;
    this.staleSince = null;
    this.loaded.resolve();
    this.firstPicture.resolve();
  }

  private refetch(id: InstanceId): void {
    this.unread.add(id);
    void this.store
      .getMany([id])
      .then(([stored]) => {
        this.apply(id, stored?.record ?? null);
        this.unread.delete(id);
      })
      .catch((error: unknown) => {
        const reason = oneLine(error instanceof Error ? error.message : String(error), 200);
        this.logger.warn(`instance ${id} could not be read again: ${reason}`);
      });
  }
}

const START: StreamPosition = streamPosition(STREAM_START) ?? [0, 0];

/** Null after the time that a read waits, if the answer has not come in by then: a busy process reads its input late. */
async function tooLate(signal: AbortSignal): Promise<null> {
  await delay(MAX_SILENCE_MS, signal);
  await new Promise((resolve) => setImmediate(resolve));
  await new Promise((resolve) => setImmediate(resolve));
  return null;
}
