import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { StoreUnavailableError } from '../ports/store-errors.js';
import { FleetCopy } from './fleet-copy.js';
import type { FleetIndex } from './fleet-index.js';
import { goesByAttention, goesByIdleness } from './fleet-selection.js';
import { type FleetQuery, sortKeyOf } from './fleet-view.js';
import { StoredFleet } from './stored-fleet.js';

/** What goes by idleness may rest on uses that were read so long ago. */
const KEPT_MS = 2_000;

/**
 * Has time pass for the copy, for all that asks what goes by it: by the latest uses, which make no entry on the feed and are
 * read for that. Costs as much as has changed since the last time, whatever the fleet's size.
 */
@Injectable()
export class IdleOrder {
  private latest: { readonly at: number; readonly index: FleetIndex; readonly done: Promise<void> } | null = null;
  private passed: { readonly at: number; readonly index: FleetIndex } | null = null;

  constructor(
    private readonly stored: StoredFleet,
    private readonly copy: FleetCopy,
    private readonly clock: Clock,
  ) {}

  /** Unless it was done just now; nothing for a query that does not go by time. */
  async refresh(query: FleetQuery): Promise<void> {
    if (goesByTime(query)) await this.refreshUses();
  }

  /** For whatever goes by idleness, unless it was done just now. */
  async refreshUses(): Promise<void> {
    if (this.isOver(this.latest)) {
      this.latest = { at: performance.now(), index: this.copy.index, done: this.read() };
    }
    await this.latest?.done;
  }

  /** By the uses that are known, without asking the store. */
  sort(query: FleetQuery): void {
    if (goesByTime(query)) this.sortKnown();
  }

  /** For whatever goes by idleness, by the uses that are known. */
  sortKnown(): void {
    if (this.isOver(this.passed)) this.passTime();
  }

  /** An index that was read meanwhile knows of no time yet. */
  private isOver(latest: { readonly at: number; readonly index: FleetIndex } | null): boolean {
    return latest === null || latest.index !== this.copy.index || performance.now() - latest.at >= KEPT_MS;
  }

  private async read(): Promise<void> {
    try {
      await this.stored.readUses();
    } catch (error) {
      // The read itself finds out why the store does not answer.
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
    this.passTime();
  }

  private passTime(): void {
    this.passed = { at: performance.now(), index: this.copy.index };
    this.copy.passTime(this.clock.now());
  }
}

function goesByTime({ sort, ...filter }: FleetQuery): boolean {
  const key = sortKeyOf(sort);
  return key === 'cost' || goesByIdleness(key, filter) || goesByAttention(filter);
}
