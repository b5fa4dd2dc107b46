import { Clock } from '@app/platform';
import { Injectable } from '@nestjs/common';
import { StoreUnavailableError } from '../ports/store-errors.js';
import { FleetCopy } from './fleet-copy.js';
import type { FleetQuery } from './fleet-view.js';
import { StoredFleet } from './stored-fleet.js';

/** An order by idleness may rest on uses that were read so long ago. */
const KEPT_MS = 2_000;

/** Sorts the copy by idleness, for the lists that ask for it: uses make no entry on the feed, so they are read for that. */
@Injectable()
export class IdleOrder {
  private latest: { readonly at: number; readonly done: Promise<void> } | null = null;
  private sortedAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly stored: StoredFleet,
    private readonly copy: FleetCopy,
    private readonly clock: Clock,
  ) {}

  /** Reads the uses of all that can be idle, unless that was done just now; nothing for a query of another kind. */
  async refresh(query: FleetQuery): Promise<void> {
    if (!goesByIdleness(query)) return;
    const now = performance.now();
    if (this.latest === null || now - this.latest.at >= KEPT_MS) this.latest = { at: now, done: this.read() };
    await this.latest.done;
  }

  /** By the uses that are known, without asking the store. */
  sort(query: FleetQuery): void {
    if (goesByIdleness(query) && performance.now() - this.sortedAt >= KEPT_MS) this.sortNow();
  }

  private async read(): Promise<void> {
    try {
      await this.stored.findChanged(this.copy.index.readyIds());
    } catch (error) {
      // The read itself finds out why the store does not answer.
      if (!(error instanceof StoreUnavailableError)) throw error;
    }
    this.sortNow();
  }

  private sortNow(): void {
    this.sortedAt = performance.now();
    this.copy.index.sortIdle(this.copy.uses, this.clock.now());
  }
}

function goesByIdleness({ sort, idleForMs }: FleetQuery): boolean {
  return sort === 'idle' || sort === '-idle' || idleForMs !== undefined;
}
