import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { StoreUnavailableError } from '../ports/store-errors.js';
import { FleetCopy } from './fleet-copy.js';
import { goesByIdleness } from './fleet-selection.js';
import { type FleetQuery, sortKeyOf } from './fleet-view.js';
import { StoredFleet } from './stored-fleet.js';

/** An order by idleness may rest on uses that were read so long ago. */
const KEPT_MS = 2_000;
/** In a large fleet they are kept for longer: so many times as long as it took to read them. */
const KEPT_TIMES = 40;

/** Sorts the copy by idleness, for the lists that ask for it: uses make no entry on the feed, so they are read for that. */
@Injectable()
export class IdleOrder {
  private latest: { readonly at: number; readonly done: Promise<void> } | null = null;
  private sortedAt = Number.NEGATIVE_INFINITY;
  private passedAt = Number.NEGATIVE_INFINITY;
  private keptMs = KEPT_MS;

  constructor(
    private readonly stored: StoredFleet,
    private readonly copy: FleetCopy,
    private readonly clock: Clock,
  ) {}

  /** Reads the uses of all that can be idle, unless that was done just now; nothing for a query of another kind. */
  async refresh(query: FleetQuery): Promise<void> {
    if (isByIdleness(query)) await this.refreshUses();
    else if (isByTime(query)) this.passTime();
  }

  /** For whatever goes by idleness. */
  async refreshUses(): Promise<void> {
    const now = performance.now();
    if (this.latest === null || now - this.latest.at >= this.keptMs) this.latest = { at: now, done: this.read() };
    await this.latest.done;
  }

  /** By the uses that are known, without asking the store. */
  sort(query: FleetQuery): void {
    if (isByIdleness(query)) this.sortKnown();
    else if (isByTime(query)) this.passTime();
  }

  /** For whatever goes by idleness. */
  sortKnown(): void {
    if (performance.now() - this.sortedAt >= KEPT_MS) this.sortNow();
  }

  private passTime(): void {
    if (performance.now() - Math.max(this.passedAt, this.sortedAt) < KEPT_MS) return;
    this.passedAt = performance.now();
    this.copy.index.passTime(this.clock.now());
  }

  private async read(): Promise<void> {
    const begunAt = performance.now();
    try {
      await this.stored.findChanged(this.copy.index.readyIds());
    } catch (error) {
      // The read itself finds out why the store does not answer.
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
    this.keptMs = Math.max(KEPT_MS, KEPT_TIMES * (performance.now() - begunAt));
    this.sortNow();
  }

  private sortNow(): void {
    this.sortedAt = performance.now();
    this.copy.index.sortIdle(this.copy.uses, this.clock.now());
  }
}

function isByIdleness({ sort, ...filter }: FleetQuery): boolean {
  return goesByIdleness(sortKeyOf(sort), filter);
}

function isByTime({ sort, show, attention }: FleetQuery): boolean {
  return sortKeyOf(sort) === 'cost' || show === 'attention' || attention !== undefined;
}
