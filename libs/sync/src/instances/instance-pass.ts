/**
 * One pass over all instances: it lists them, brings each page into the records, adopts those of ours that have no
 * record, and, only when the listing is clean, checks those that are missing.
 */
import type { NovitaInstanceId } from '@app/instance-store';
import { type ListedInstance, type ListingVerdict, type MalformedItem, Novita, type Page } from '@app/novita-client';
import { Clock, IdGenerator, sideBySide, type Timestamp } from '@app/platform';
import type { LockHold } from '@app/redis';
import type { ChangeCounts } from '@app/sync-status';
import { Injectable } from '@nestjs/common';
import { InstancePolicy } from '../model/run-options.js';
import type { HeldListing, PlannedAction, SyncOptions } from '../model/sync-run.js';
import type { Observation, PriceBook } from '../reconcile/observation.js';
import { ChangedInstances, type ListedItem, NewInstances } from './listed-instances.js';
import { MissingInstances } from './missing-instances.js';
import { PassObserver } from './pass-observer.js';
import { ChangeLog, FleetRecords, type PassRecords } from './pass-records.js';

export interface PassContext {
  /** Null in a dry run, which writes nothing. */
  readonly hold: LockHold | null;
  /** Aborted when the lock is lost or the process drains. */
  readonly signal: AbortSignal;
  readonly options: SyncOptions;
  /** Never rejects; answers null for everything when prices could not be read. */
  readonly prices: Promise<PriceBook>;
  /** The listing that an earlier run held; null for none. */
  readonly heldBefore: HeldListing | null;
  /** Called after every page, and while missing instances are being confirmed. */
  readonly onProgress: (count: number, total: number | null) => void;
}

export interface InstancePassResult {
  /** Of the last try. */
  readonly verdict: ListingVerdict;
  readonly changes: ChangeCounts;
  readonly held: HeldListing | null;
  /** Collected in a dry run only; at most `MAX_ACTIONS`. */
  readonly actions: readonly PlannedAction[];
  readonly actionCount: number;
  /** Something worth knowing that is no failure, such as why the listing proves no absence; null for nothing. */
  readonly note: string | null;
}

/** Brings the records in line with one listing of all instances. */
export abstract class InstancePass {
  /** @throws NovitaError when the listing fails, StoreUnavailableError, LockLostError, the reason of the signal */
  abstract run(context: PassContext): Promise<InstancePassResult>;
}

/** A listing that is not clean is made again, up to this many times in all. */
const TRIES = 3;

@Injectable()
export class FleetInstancePass extends InstancePass {
  constructor(
    private readonly fleet: FleetRecords,
    private readonly novita: Novita,
    private readonly clock: Clock,
    private readonly ids: IdGenerator,
    private readonly policy: InstancePolicy,
  ) {
    super();
  }

  override async run({
    hold,
    signal,
    options,
    prices,
    heldBefore,
    onProgress,
  }: PassContext): Promise<InstancePassResult> {
    const { dryRun } = options;
    if (!dryRun && hold === null) throw new Error('a run that writes needs the lock');
    const records = this.fleet.under(dryRun ? null : hold);
    const observer = new PassObserver(this.novita, this.clock, prices, signal);
    const log = new ChangeLog(dryRun);
    const changedInstances = new ChangedInstances(records, observer, log);
    const newInstances = new NewInstances(records, observer, log, this.ids, this.policy);
    const progress = new Progress(onProgress);

    let listing: Listing;
    let verdict: ListingVerdict;
    let tries = 0;
    do {
      tries += 1;
      log.beginAgain();
      listing = new Listing(records, observer, changedInstances, newInstances);
      verdict = await listing.read(progress.reach);
    } while (!verdict.clean && tries < TRIES);
    const confirmed = await newInstances.confirm(listing.toConfirm, progress.repeat);
    // In a dry run nothing was inserted, so the store counts none of them.
    if (records.writes) listing.live += confirmed;

    // A listing that an earlier run held stays held while nothing is concluded.
    let held = heldBefore;
    if (verdict.clean) {
      const { startedAt, live } = listing;
      const clean = { startedAt, live, total: verdict.total, ids: () => listing.ids() };
      const missing = new MissingInstances(records, observer, log, this.policy, clean);
      held = await missing.settle({ options, heldBefore, onProgress: progress.repeat });
    } else {
      log.remark(`after ${TRIES} tries the listing still proves no absence: ${verdict.reason}`);
    }
    const { changes, actions, actionCount, note } = log;
    return { verdict, changes, held, actions, actionCount, note };
  }
}

/** Pages being written while the next ones are fetched. */
const PAGES_IN_HAND = 4;
/** Changed instances of several pages are read and written together: a round trip costs as much as ten of them. */
const CHANGED_AT_ONCE = 50;

/** One listing from its first page to its last. It keeps only the ids of the listed instances. */
class Listing {
  readonly startedAt: Timestamp;
  readonly toConfirm = new Set<NovitaInstanceId>();
  /** The number of listed instances that have a live record. */
  live = 0;
  private handled = 0;
  /** Page by page: a set is made of them only when something is missing. */
  private readonly pages: (readonly NovitaInstanceId[])[] = [];
  private readonly gone = new Set<NovitaInstanceId>();
  private unreadable: MalformedItem[] = [];
  private stated: ListingVerdict | null = null;
  private changed: ListedInstance[] = [];

  constructor(
    private readonly records: PassRecords,
    private readonly observer: PassObserver,
    private readonly changedInstances: ChangedInstances,
    private readonly newInstances: NewInstances,
  ) {
    this.startedAt = observer.timestamp();
  }

  /** @param onPage gets how many items were handled, and how many there should be */
  async read(onPage: (handled: number, total: number) => void): Promise<ListingVerdict> {
    await sideBySide(this.observer.listing(), PAGES_IN_HAND, async (page) => {
      this.observer.signal.throwIfAborted();
      await this.handle(page);
      this.handled += page.items.length + page.malformed.length;
      this.stated = page.verdict ?? this.stated;
      onPage(this.handled, page.total);
    });
    await this.mergeChanged(this.changed.splice(0));
    return this.verdict();
  }

  /** The listed instances, without those that the listing itself calls removed. */
  ids(): ReadonlySet<NovitaInstanceId> {
    const ids = new Set<NovitaInstanceId>();
    for (const page of this.pages) for (const id of page) if (!this.gone.has(id)) ids.add(id);
    return ids;
  }

  /** An instance whose digest is that of the listing before is not even read. */
  private async handle({ items: listed }: Page<ListedInstance>): Promise<void> {
    if (listed.length === 0) return;
    const ids = listed.map(({ id }) => id);
    this.pages.push(ids);
    const digests = await this.records.digestsOf(ids);
    const unknown: ListedInstance[] = [];
    listed.forEach((item, place) => {
      const digest = digests[place] ?? null;
      if (digest === null) {
        unknown.push(item);
        return;
      }
      this.live += 1;
      if (digest !== item.digest) this.changed.push(item);
    });
    const changed = this.changed.length >= CHANGED_AT_ONCE ? this.changed.splice(0) : [];
    await Promise.all([this.mergeChanged(changed), this.placeNew(unknown)]);
  }

  private async mergeChanged(listed: readonly ListedInstance[]): Promise<void> {
    const items = this.readAll(listed);
    if (items.length === 0) return;
    for (const id of await this.changedInstances.merge(items, await this.observation())) {
      // As good as not listed: a GET says whether its record ends.
      if (!this.gone.has(id)) this.live -= 1;
      this.gone.add(id);
    }
  }

  private async placeNew(listed: readonly ListedInstance[]): Promise<void> {
    const items = this.readAll(listed);
    if (items.length === 0) return;
    const { live, toConfirm } = await this.newInstances.place(items, await this.observation());
    if (this.records.writes) this.live += live;
    for (const id of toConfirm) this.toConfirm.add(id);
  }

  private readAll(listed: readonly ListedInstance[]): ListedItem[] {
    const items: ListedItem[] = [];
    for (const { digest, read } of listed.map((item) => ({ digest: item.digest, read: item.read() }))) {
      if ('path' in read) this.unreadable.push(read);
      else items.push({ item: read, digest });
    }
    return items;
  }

  private observation(): Promise<Observation> {
    return this.observer.observation('list', this.startedAt);
  }

  /** The client's verdict, unless items could not be read, which the client cannot know. */
  private verdict(): ListingVerdict {
    const stated = this.stated;
    if (stated === null) throw new Error('the listing has ended without a verdict');
    const [first] = this.unreadable;
    if (!stated.clean || first === undefined) return stated;
    const reason = `${this.unreadable.length} items could not be read: ${first.path} ${first.reason}`;
    return { ...stated, clean: false, reason };
  }
}

/** Never goes back, also when the listing begins anew. */
class Progress {
  private count = 0;
  private total: number | null = null;

  constructor(private readonly report: PassContext['onProgress']) {}

  readonly reach = (count: number, total: number): void => {
    this.count = Math.max(this.count, count);
    this.total = total;
    this.repeat();
  };

  /** Nothing more was read, but the pass goes on. */
  readonly repeat = (): void => this.report(this.count, this.total);
}
