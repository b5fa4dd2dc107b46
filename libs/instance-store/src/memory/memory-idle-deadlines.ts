import { type Clock, msFromTimestamp, type Timestamp } from '@app/platform';
import { refuseLargeBatch } from '../batch-limit.js';
import type { IdleRules } from '../idle/idle-clock.js';
import { idleStateOf, msOrBefore } from '../idle/idle-state.js';
import type { InstanceId, NovitaInstanceId } from '../instance-id.js';
import type { IdleWarning, TouchResult } from '../instance-store.port.js';
import { boundedBy } from '../ledger/ledger-line.js';
import { warningEntry } from '../ledger/write-account.js';
import type { MemoryChangeFeed } from './memory-change-feed.js';
import type { MemoryFleet } from './memory-fleet.js';
import type { MemoryLedger } from './memory-ledger.js';

/** What moves idle deadlines without a write of the record. */
export class MemoryIdleDeadlines {
  constructor(
    private readonly fleet: MemoryFleet,
    private readonly feed: MemoryChangeFeed,
    private readonly ledgers: MemoryLedger,
    private readonly clock: Clock,
    private readonly rules: IdleRules,
  ) {}

  touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by: string | undefined): TouchResult {
    const held = this.fleet.ofEither(id);
    if (held === undefined) return { outcome: 'missing' };
    const { id: ours, status } = held.record;
    if (held.lastUsedAt !== null && held.lastUsedAt >= at) {
      return { outcome: 'touched', id: ours, lastUsedAt: held.lastUsedAt, moved: false, status };
    }
    const who = by === undefined ? '' : boundedBy(by);
    this.fleet.hold({ ...held, lastUsedAt: at, lastUsedBy: who === '' ? null : who });
    return { outcome: 'touched', id: ours, lastUsedAt: at, moved: true, status };
  }

  warn(warning: IdleWarning): 'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing' {
    const { id, revision, lastUsedAt, idleSince, stopAt } = warning;
    const held = this.fleet.of(id);
    if (held === undefined) return 'missing';
    if (held.record.revision !== revision || held.idle.clock === null) return 'stale';
    if (msOrBefore(held.lastUsedAt) > msOrBefore(lastUsedAt)) return 'used-meanwhile';
    const warnedMs = msFromTimestamp(idleSince);
    if (held.warnedMs === warnedMs) return 'already';
    this.fleet.noteWarned(held, warnedMs, msFromTimestamp(stopAt));
    this.feed.announce('instance.auto_stop_warning', id, revision, held.record);
    this.ledgers.enter(id, [warningEntry(warning, this.clock.timestamp())]);
    return 'warned';
  }

  /** @throws RangeError */
  reindex(ids: readonly InstanceId[]): void {
    refuseLargeBatch(ids.length);
    for (const id of ids) {
      const held = this.fleet.of(id);
      if (held !== undefined) this.fleet.hold({ ...held, idle: idleStateOf(held.record, this.rules) });
    }
  }

  /** @throws RangeError */
  putOff(ids: readonly InstanceId[], at: Timestamp): void {
    refuseLargeBatch(ids.length);
    for (const id of ids) this.fleet.indexes.putOffIdle(id, msFromTimestamp(at));
  }
}
