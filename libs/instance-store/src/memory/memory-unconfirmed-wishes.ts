import type { Clock } from '@app/platform';
import { refuseLargeBatch } from '../batch-limit.js';
import type { InstanceId } from '../instance-id.js';
import { unconfirmedEntry, waitedFor } from '../ledger/unconfirmed-entry.js';
import type { MemoryChangeFeed } from './memory-change-feed.js';
import type { Held, MemoryFleet } from './memory-fleet.js';
import type { MemoryLedger } from './memory-ledger.js';

/** Tells of stops and deletes that the provider has not agreed to in time. */
export class MemoryUnconfirmedWishes {
  constructor(
    private readonly fleet: MemoryFleet,
    private readonly feed: MemoryChangeFeed,
    private readonly ledgers: MemoryLedger,
    private readonly clock: Clock,
  ) {}

  /** @throws RangeError */
  announce(ids: readonly InstanceId[]): number {
    refuseLargeBatch(ids.length);
    return ids.filter((id) => {
      const held = this.fleet.of(id);
      return held !== undefined && this.announceOne(held);
    }).length;
  }

  private announceOne({ record, entry }: Held): boolean {
    const { confirmBy } = entry.deadlines;
    const now = this.clock.now();
    if (confirmBy === undefined || confirmBy > now || entry.desired === 'running') return false;
    if (!this.feed.tellOnce(`unconfirmed-${record.id}-${entry.desiredMs}`)) return false;
    this.feed.announce('instance.unconfirmed', record.id, record.revision, record);
    const waited = waitedFor(now - entry.desiredMs);
    this.ledgers.enter(record.id, [unconfirmedEntry(entry.desired, waited, this.clock.timestamp())]);
    return true;
  }
}
