import { msFromTimestamp, type Timestamp } from '@app/platform';
import { warningEntry } from '../plan/audit-lines.js';
import { idleStateOf, msOrBefore } from '../plan/idle-clock.js';
import {
  type IdleClaim,
  type IdleClaimResult,
  IdleTracker,
  type IdleWarning,
  type TouchResult,
} from '../ports/idle-tracker.port.js';
import { refuseLargeBatch } from '../ports/store-errors.js';
import type { InstanceId, NovitaInstanceId } from '../record/identity.js';
import type { InstanceRecord } from '../record/instance.js';
import { type MemoryStoreState, storedOf } from './memory-state.js';
import type { MemoryWriter } from './memory-writer.js';

/** Keeps the uses beside the records of this process. */
export class MemoryIdleTracker extends IdleTracker {
  constructor(
    private readonly state: MemoryStoreState,
    private readonly writer: MemoryWriter,
  ) {
    super();
  }

  override async touch(id: InstanceId | NovitaInstanceId, at: Timestamp, by?: string): Promise<TouchResult> {
    return this.state.use(id, at, by);
  }

  override async lastUsedBy(id: InstanceId): Promise<string | null> {
    return this.state.held.get(id)?.lastUsedBy ?? null;
  }

  override async claim(next: InstanceRecord, { lastUsedAt, reason }: IdleClaim): Promise<IdleClaimResult> {
    const held = this.state.held.get(next.id);
    if (held?.record.revision === next.revision && msOrBefore(held.lastUsedAt) > msOrBefore(lastUsedAt)) {
      return { outcome: 'used-meanwhile', current: storedOf(held) };
    }
    const result = this.writer.write(next, { kind: 'command' }, { reason });
    if (result.outcome === 'written') return { outcome: 'claimed', stored: result.stored };
    if (result.outcome === 'missing') return result;
    return { outcome: 'stale', current: result.current };
  }

  override async warn(warning: IdleWarning): Promise<'warned' | 'already' | 'used-meanwhile' | 'stale' | 'missing'> {
    const { id, revision, lastUsedAt, idleSince, stopAt } = warning;
    const held = this.state.held.get(id);
    if (held === undefined) return 'missing';
    if (held.record.revision !== revision || held.idle.clock === null) return 'stale';
    if (msOrBefore(held.lastUsedAt) > msOrBefore(lastUsedAt)) return 'used-meanwhile';
    const warnedMs = msFromTimestamp(idleSince);
    if (held.warnedMs === warnedMs) return 'already';
    this.state.held.set(id, { ...held, warnedMs });
    this.state.tables.deadlinesOf('autoStopAt').set(id, msFromTimestamp(stopAt));
    this.state.feed.emitChange('instance.auto_stop_warning', id, revision, held.record);
    this.state.tables.enter(id, [warningEntry(warning, this.state.clock.timestamp())]);
    return 'warned';
  }

  override async reindex(ids: readonly InstanceId[]): Promise<void> {
    refuseLargeBatch(ids.length);
    for (const id of ids) {
      const held = this.state.held.get(id);
      if (held !== undefined) this.state.hold({ ...held, idle: idleStateOf(held.record, this.state.rules.rules) });
    }
  }

  override async postpone(ids: readonly InstanceId[], at: Timestamp): Promise<void> {
    refuseLargeBatch(ids.length);
    for (const id of ids) this.state.tables.deadlinesOf('autoStopAt').postpone(id, msFromTimestamp(at));
  }
}
