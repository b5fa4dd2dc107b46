import { delay, type Timestamp } from '@app/platform';
import { Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { InstanceRecords } from '../ports/instance-records.port.js';
import { StoreUnavailableError } from '../ports/store-errors.js';
import { type InstanceId, isInstanceId, type NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { FleetCopy } from './fleet-copy.js';
import type { IndexPage } from './fleet-index.js';
import {
  type FleetCountsRead,
  type FleetFilter,
  type FleetMatches,
  FleetNotLoadedError,
  type FleetPage,
  type FleetQuery,
  type FleetRead,
  type FleetSummaryRead,
  FleetView,
} from './fleet-view.js';
import { IdleOrder } from './idle-order.js';
import { LoadState } from './load-state.js';
import { type Mark, MarkReader } from './mark-reader.js';
import { StoreAvailability } from './store-availability.js';

/** How long a list waits while the fleet is read anew, before it is answered with the fleet as it was known. */
const MAX_RELOAD_WAIT_MS = 1_000;
/** How long a list waits for the fleet to be read at the start. */
const MAX_LOAD_WAIT_MS = 5_000;
/** Pages that are remembered, because callers may have made texts of them. */
const MAX_PAGES = 100;

/**
 * Answers for the fleet from the copy of every record in this process, which `FleetFollower` keeps true. A read asks for
 * the feed's latest entry (`MarkReader`), waits until the copy has applied it (`FleetCopy`), and is answered from memory.
 */
@Injectable()
export class WatchCache extends FleetView implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger('WatchCache');
  private whenAway = Promise.withResolvers<void>();
  /** When the store answered last before it went away; null while it is well. */
  private awaySince: Timestamp | null = null;
  private readonly lists = new Map<string, Promise<FleetPage>>();
  private readonly pages = new LRUCache<string, FleetPage>({ max: MAX_PAGES });
  private subscriptions: readonly (() => void)[] = [];

  constructor(
    private readonly copy: FleetCopy,
    private readonly state: LoadState,
    private readonly marks: MarkReader,
    private readonly records: InstanceRecords,
    private readonly idleOrder: IdleOrder,
    private readonly contact: StoreAvailability,
  ) {
    super();
  }

  onModuleInit(): void {
    this.subscriptions = [
      this.marks.onTurn(() => this.lists.clear()),
      this.contact.subscribe((state, before) => {
        if (state === 'degraded') this.contactLost();
        if (state === 'healthy' && before === 'recovering') this.contactRegained();
      }),
    ];
  }

  onApplicationShutdown(): void {
    for (const leave of this.subscriptions) leave();
  }

  /**
   * While all is well: one question to the store, a wait until the copy has every change up to there, and the answer from
   * memory. While the store is away memory alone answers (`remembered`); while the fleet is being read, the store does
   * (`whileReading`), and also where memory may lack the latest of the record (`readThrough`).
   */
  override async get(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    if (this.marks.isAway && this.state.wasLoaded) return this.remembered(ref);
    if (!this.state.isLoaded) return this.whileReading(ref);
    const id = isInstanceId(ref) ? ref : this.copy.index.get(ref)?.id;
    const mark = await this.ask(id === undefined ? [] : [id]);
    if (mark === null) return this.remembered(ref);
    if (!this.state.isLoaded) return this.whileReading(ref);
    if (!(await this.copy.reaches(mark.position))) return this.readThrough(ref);
    if (!this.state.isLoaded) return this.whileReading(ref);
    const record = this.copy.index.get(ref);
    // A record that is not here may be damaged, or its entry was missed: the store knows.
    if (record === null || this.copy.isUnread(record.id)) return this.readThrough(ref);
    const lastUsedAt = mark.lastUsed.get(record.id);
    return lastUsedAt === undefined ? this.readThrough(ref) : { record, lastUsedAt, behindSince: null };
  }

  /** While the fleet is being read: the store itself knows, unless it has lost what this process knows. */
  private async whileReading(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    try {
      if (!(await this.state.isLossOpen())) return await this.readThrough(ref);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || !this.marks.mayFallBack || !this.state.wasLoaded) throw error;
    }
    if (!this.marks.mayFallBack) {
      await this.waitUntilLoaded();
      return this.readThrough(ref);
    }
    return this.remembered(ref);
  }

  /** From the store itself; from memory when the store goes away at that moment. */
  private async readThrough(ref: InstanceId | NovitaInstanceId): Promise<FleetRead | null> {
    try {
      const stored = await this.records.get(ref);
      return stored === null ? null : { ...stored, behindSince: null };
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || !this.marks.mayFallBack || !this.state.wasLoaded) throw error;
      this.marks.failed(error);
      return this.remembered(ref);
    }
  }

  /** From memory. Asks the store only for a record that is not in memory, which may exist all the same. */
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

  /** Up to when an answer from memory alone surely has every change. */
  private behindSince(): Timestamp {
    return this.state.seededAt ?? this.awaySince ?? this.state.staleSince ?? this.contact.lastContact;
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
    return this.state.wasRead;
  }

  override seed(records: readonly InstanceRecord[], asOf: Timestamp): void {
    if (this.wasRead) return;
    this.copy.seed(records);
    this.state.seed(asOf);
  }

  override onDataLoss(listener: () => void): () => void {
    return this.state.onDataLoss(listener);
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

  override async summarize(filter: FleetFilter): Promise<FleetSummaryRead> {
    const behindSince = await this.waitForWrites();
    return { ...this.copy.index.summary(filter), behindSince };
  }

  override async match(filter: FleetFilter): Promise<FleetMatches> {
    const behindSince = await this.waitForWrites();
    return { records: this.copy.index.matching(filter), behindSince };
  }

  override async liveOf(owner: string): Promise<FleetMatches> {
    const behindSince = await this.waitForWrites();
    return { records: this.copy.index.liveOf(owner), behindSince };
  }

  /**
   * Until the copy holds every write that was acknowledged before, and the latest uses.
   * @returns up to when it surely does, if it does not hold all of them
   */
  private async waitForWrites(): Promise<Timestamp | null> {
    const fromMemory = (): Timestamp => {
      this.idleOrder.sortKnown();
      return this.behindSince();
    };
    if (!(await this.waitUntilLoaded())) return fromMemory();
    await this.idleOrder.refreshUses();
    const mark = await this.ask([]);
    if (mark === null) return fromMemory();
    const isUpToDate = await this.copy.reaches(mark.position);
    if (!(await this.waitUntilLoaded())) return fromMemory();
    return isUpToDate ? null : this.copy.appliedAt;
  }

  private async ask(ids: readonly InstanceId[]): Promise<Mark | null> {
    const mark = await this.marks.ask(ids);
    if (mark !== null) for (const [id, use] of mark.lastUsed) if (use !== null) this.copy.noteUse(id, use);
    return mark;
  }

  private contactLost(): void {
    this.awaySince ??= this.contact.lastContact;
    this.logger.warn(`The store does not answer; reads are answered from memory, as of ${this.awaySince}`);
    this.whenAway.resolve();
  }

  private contactRegained(): void {
    this.logger.log('The store answers again; reads show the latest');
    this.awaySince = null;
    this.whenAway = Promise.withResolvers();
  }

  private async read(name: string, query: FleetQuery): Promise<FleetPage> {
    if (!(await this.waitUntilLoaded())) return this.staleList(name, query);
    await this.idleOrder.refresh(query);
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
      if (more === null || !this.state.isLoaded) return this.staleList(name, query);
      uses = new Map([...mark.lastUsed, ...more.lastUsed]);
    }
    return this.pageOf(name, page, uses, isUpToDate ? null : this.copy.appliedAt);
  }

  /** The same object for the same page, so that callers can reuse what they made of it. */
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

  /** The fleet as it was known before, with the changes that the feed has brought since. */
  private staleList(name: string, query: FleetQuery): FleetPage {
    this.idleOrder.sort(query);
    return this.pageOf(name, this.copy.index.page(query), this.copy.uses, this.behindSince());
  }

  /** @returns false when the answer has to be the fleet as it was known before */
  private async waitUntilLoaded(): Promise<boolean> {
    if (this.marks.isAway && this.state.wasLoaded) return false;
    if (this.state.isLoaded) return true;
    const mayBeStale = this.state.wasLoaded && this.marks.mayFallBack;
    const patience = new AbortController();
    // Readers that come later do not wait for a load that has taken that long already.
    const patienceMs = mayBeStale ? Math.max(0, MAX_RELOAD_WAIT_MS - this.state.staleForMs) : MAX_LOAD_WAIT_MS;
    await Promise.race([
      this.state.whenLoaded,
      delay(patienceMs, patience.signal),
      ...(mayBeStale ? [this.whenAway.promise] : [this.state.whenFirstShown]),
    ]);
    patience.abort();
    if (!this.state.isLoaded && !(this.state.wasLoaded && this.marks.mayFallBack)) throw new FleetNotLoadedError();
    return this.state.isLoaded;
  }
}
