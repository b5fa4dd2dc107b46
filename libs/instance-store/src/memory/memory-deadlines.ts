import { msFromTimestamp, type Timestamp } from '@app/platform';
import { unconfirmedEntry } from '../plan/audit-lines.js';
import { Deadlines } from '../ports/deadlines.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId } from '../record/identity.js';
import { DEADLINE_KINDS, type DeadlineKind } from '../record/instance.js';
import type { MemoryStoreState } from './memory-state.js';

/** Reads the tables of deadlines, which the writes of records fill. */
export class MemoryDeadlines extends Deadlines {
  constructor(private readonly state: MemoryStoreState) {
    super();
  }

  override async due(kind: DeadlineKind, now: Timestamp, limit: number, skip = 0): Promise<readonly InstanceId[]> {
    return limit < 1 ? [] : this.state.tables.deadlinesOf(kind).due(msFromTimestamp(now), limit, skip);
  }

  override async kindsDue(now: Timestamp): Promise<ReadonlySet<DeadlineKind>> {
    return new Set(
      DEADLINE_KINDS.filter((kind) => this.state.tables.deadlinesOf(kind).count(msFromTimestamp(now)) > 0),
    );
  }

  override async dueCount(kind: DeadlineKind, now: Timestamp): Promise<number> {
    return this.state.tables.deadlinesOf(kind).count(msFromTimestamp(now));
  }

  override async emitUnconfirmed(ids: readonly InstanceId[]): Promise<number> {
    refuseLargeBatch(ids.length);
    return ids.filter((id) => this.announceOneUnconfirmed(id)).length;
  }

  private announceOneUnconfirmed(id: InstanceId): boolean {
    const held = this.state.held.get(id);
    const due = this.state.tables.deadlinesOf('confirmBy').of(id);
    const now = this.state.clock.now();
    if (held === undefined || due === undefined || due > now) return false;
    const { record, entry } = held;
    const { desired, desiredMs } = entry;
    if (desired === null || desired === 'running') return false;
    if (!this.state.feed.claimEvent(`unconfirmed-${id}-${desiredMs}`)) return false;
    this.state.feed.emitChange('instance.unconfirmed', id, record.revision, record);
    this.state.tables.enter(id, [unconfirmedEntry(desired, now - desiredMs, this.state.clock.timestamp())]);
    return true;
  }
}
